"""Errors, as the log and people in Slack get to read them."""

from dataclasses import replace

from bot.core.errors import RequestError, ServiceError
from bot.core.sentence import Sentence
from bot.outgoing import quoted
from bot.render.errors import error_words


def told(error: Exception) -> str:
    if isinstance(error, RequestError | ServiceError):
        return error_words(error)
    what = f"{type(error).__name__}: {quoted(error)}"
    return f"a bug of ecr-clean's own ({what}): --debug shows more"


def told_sentence(error: Exception) -> Sentence:
    """With the call of AWS that failed, if it was one."""
    return replace(Sentence.of(error), text=told(error))
