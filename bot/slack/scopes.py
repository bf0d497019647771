"""What the bot's token has to be allowed."""

from collections.abc import Mapping

NEEDED: Mapping[str, str] = {
    "channels:read": "channels that the settings name",
    "chat:write": "reports and answers",
    "chat:write.public": "reports in public channels that the bot is not in",
    "commands": "/ecr-clean",
    "files:write": "the whole list, in a report's thread",
    "groups:read": "private channels that the settings name",
    "usergroups:read": "who is in a group of approvers",
    "users:read": "who is a guest, or of another workspace",
}
"""What for, by scope: those of manifest.yml."""
HEADER = "x-oauth-scopes"
"""Of every answer to a token: the scopes that it has."""


def missing(header: str) -> Mapping[str, str]:
    """What for, by scope; `header` as Slack sends it: `chat:write,commands`."""
    granted = {scope.strip() for scope in header.split(",")}
    return {scope: use for scope, use in NEEDED.items() if scope not in granted}
