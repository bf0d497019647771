"""Errors, as the log and people in Slack get to read them."""

from bot.core.errors import RequestError, ServiceError


def told(error: Exception) -> str:
    if isinstance(error, RequestError | ServiceError):
        return str(error)
    return f"a bug of ecr-clean's own ({type(error).__name__}: {error}): --debug shows more"
