"""What the bot's token has to be allowed."""

from bot.core.slack_findings import SlackScope

HEADER = "x-oauth-scopes"
"""Of every answer to a token: the scopes that it has."""


def missing(header: str) -> tuple[SlackScope, ...]:
    """`header` as Slack sends it: `chat:write,commands`."""
    granted = {scope.strip() for scope in header.split(",")}
    return tuple(scope for scope in SlackScope if scope not in granted)
