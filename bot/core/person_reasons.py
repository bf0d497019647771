"""Why a person may do something or not, as a person: values with fields.

`person` is a Slack user's id or an AWS ARN, `group` a Slack user group's id.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.errors import Sentence

# granted


@dataclass(frozen=True, slots=True)
class MadeThePin:
    person: str


@dataclass(frozen=True, slots=True)
class HasCredentials:
    """For the command line."""

    person: str


@dataclass(frozen=True, slots=True)
class FullMember:
    """Of the Slack workspace."""

    person: str


@dataclass(frozen=True, slots=True)
class NamedApprover:
    person: str


@dataclass(frozen=True, slots=True)
class InApproverGroup:
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class MatchesApprover:
    """`pattern`: the approver's ARN in the settings, which may be a glob."""

    person: str
    pattern: str


Grant: TypeAlias = (
    MadeThePin
    | HasCredentials
    | FullMember
    | NamedApprover
    | InApproverGroup
    | MatchesApprover
    | Sentence
)

# refused because of the person


@dataclass(frozen=True, slots=True)
class WorkspaceUnknown:
    person: str


@dataclass(frozen=True, slots=True)
class OtherWorkspace:
    person: str


@dataclass(frozen=True, slots=True)
class Guest:
    person: str


@dataclass(frozen=True, slots=True)
class GroupUnreadable:
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class NoApprover:
    person: str


@dataclass(frozen=True, slots=True)
class NoMemberInGroup:
    """In an approvers' user group, and no full member of the workspace for that `reason`."""

    group: str
    reason: WorkspaceUnknown | OtherWorkspace | Guest


@dataclass(frozen=True, slots=True)
class PatternTooWide:
    """An approver of the settings that would match too many ARNs."""

    pattern: str


@dataclass(frozen=True, slots=True)
class NotCounted:
    """An approval from the command line, where `required` are more than one."""

    required: int


PersonRefusal: TypeAlias = (
    WorkspaceUnknown
    | OtherWorkspace
    | Guest
    | GroupUnreadable
    | NoApprover
    | NoMemberInGroup
    | PatternTooWide
    | NotCounted
    | Sentence
)


@dataclass(frozen=True, slots=True)
class RemovedInVain:
    """`person` took a pin off who may not, by the settings here: it protects still."""

    person: str
    reason: PersonRefusal
