"""What can be asked."""

from collections.abc import Iterable

from bot.slack.api import MessageContent
from bot.slack.blocks.kit import context, section
from bot.slack.ids import COMMAND

_REPORT = (
    f"`{COMMAND} REPOSITORY` looks into a repository of AWS ECR, and reports here what could go "
    "and what that saves. Nothing is deleted before somebody approves it."
)
_NAMES = (
    "REPOSITORY is a name (`team/api`) or a full address "
    "(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api`); for reports also a pattern "
    "(`team/*`).",
    "TAG is a tag, a digest, or for pins a pattern (`v1.*`). For example: "
    f"`{COMMAND} pin team/api v1.2 for 30d because QA tests it until Friday`",
)


def help_message(commands: Iterable[tuple[str, str]]) -> MessageContent:
    """`commands`: how each is written, and what it does."""
    lines = [f"`{COMMAND} {usage}`: {does}" for usage, does in commands]
    blocks = [section(_REPORT), section(*lines), context(*_NAMES)]
    return MessageContent("\n".join((_REPORT, *lines, *_NAMES)), blocks)
