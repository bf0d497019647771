"""What `ecr-clean doctor` finds about the Slack app and its workspace: values with fields.

`bot` is the app's user name in the workspace, without `@`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.core.errors import Sentence


class SlackScope(StrEnum):
    """Scopes that the bot token needs: those of manifest.yml."""

    CHANNELS_READ = "channels:read"
    CHAT_WRITE = "chat:write"
    CHAT_WRITE_PUBLIC = "chat:write.public"
    COMMANDS = "commands"
    FILES_WRITE = "files:write"
    GROUPS_READ = "groups:read"
    USERGROUPS_READ = "usergroups:read"
    USERS_READ = "users:read"


# the app


@dataclass(frozen=True, slots=True)
class SlackNotSetUp:
    """The environment has no token of Slack."""


@dataclass(frozen=True, slots=True)
class BotSignedIn:
    """`workspace`: its name."""

    bot: str
    workspace: str
    workspace_id: str


@dataclass(frozen=True, slots=True)
class ConnectionOffered:
    """Slack takes the app-level token."""


@dataclass(frozen=True, slots=True)
class ScopesUnknown:
    """Slack's answer has no header with the scopes of the bot token."""


@dataclass(frozen=True, slots=True)
class ScopesMissing:
    scopes: tuple[SlackScope, ...]


@dataclass(frozen=True, slots=True)
class ScopesGranted:
    """The bot token has all scopes."""


# channels


@dataclass(frozen=True, slots=True)
class NoReportChannel:
    """No entry of `reports` has a channel."""


@dataclass(frozen=True, slots=True)
class ChannelArchived:
    """Slack takes no messages there."""


@dataclass(frozen=True, slots=True)
class BotNotInChannel:
    """The bot can post messages there, but no files."""

    bot: str


@dataclass(frozen=True, slots=True)
class BotInChannel:
    """The bot can post messages and files there."""


# approvers


@dataclass(frozen=True, slots=True)
class AllMembersMayApprove:
    """The settings name no approvers, so that full members of the workspace may approve."""


@dataclass(frozen=True, slots=True)
class GroupEmpty:
    """A user group of approvers has no members."""


@dataclass(frozen=True, slots=True)
class GroupHasMembers:
    """A user group of approvers has so many."""

    members: int


@dataclass(frozen=True, slots=True)
class ApproverUnknown:
    """The id of an approver is wrong, or the user was removed."""

    error: Sentence


@dataclass(frozen=True, slots=True)
class OutsiderMayApprove:
    """An approver belongs to another workspace."""


@dataclass(frozen=True, slots=True)
class GuestMayApprove:
    """An approver is a guest of the workspace."""


@dataclass(frozen=True, slots=True)
class MemberMayApprove:
    """An approver is a full member of the workspace."""


SlackFinding: TypeAlias = (
    SlackNotSetUp
    | BotSignedIn
    | ConnectionOffered
    | ScopesUnknown
    | ScopesMissing
    | ScopesGranted
    | NoReportChannel
    | ChannelArchived
    | BotNotInChannel
    | BotInChannel
    | AllMembersMayApprove
    | GroupEmpty
    | GroupHasMembers
    | ApproverUnknown
    | OutsiderMayApprove
    | GuestMayApprove
    | MemberMayApprove
)
