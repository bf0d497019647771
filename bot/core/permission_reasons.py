"""Why a person may do something or not, as a person: values with fields.

`person` is a Slack user's id or an AWS ARN, `group` a Slack user group's id.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.errors import ErrorText

# granted


@dataclass(frozen=True, slots=True)
class PinAuthor:
    person: str


@dataclass(frozen=True, slots=True)
class HasAwsCredentials:
    """For the command line."""

    person: str


@dataclass(frozen=True, slots=True)
class FullWorkspaceMember:
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
class MatchesApproverPattern:
    """`pattern`: the approver's ARN in the settings, which may be a glob."""

    person: str
    pattern: str


GrantReason: TypeAlias = (
    PinAuthor
    | HasAwsCredentials
    | FullWorkspaceMember
    | NamedApprover
    | InApproverGroup
    | MatchesApproverPattern
    | ErrorText
)

# refused because of the person


@dataclass(frozen=True, slots=True)
class WorkspaceUnknown:
    person: str


@dataclass(frozen=True, slots=True)
class MemberOfOtherWorkspace:
    person: str


@dataclass(frozen=True, slots=True)
class WorkspaceGuest:
    person: str


@dataclass(frozen=True, slots=True)
class UserGroupUnreadable:
    person: str
    group: str


@dataclass(frozen=True, slots=True)
class NotAnApprover:
    person: str


@dataclass(frozen=True, slots=True)
class GroupMemberNotAllowed:
    """In an approvers' user group, and no full member of the workspace for that `reason`."""

    group: str
    reason: WorkspaceUnknown | MemberOfOtherWorkspace | WorkspaceGuest


@dataclass(frozen=True, slots=True)
class ApproverPatternTooWide:
    """An approver of the settings that would match too many ARNs."""

    pattern: str


@dataclass(frozen=True, slots=True)
class CommandLineApprovalNotCounted:
    """An approval from the command line, where `required` are more than one."""

    required: int


PersonRefusal: TypeAlias = (
    WorkspaceUnknown
    | MemberOfOtherWorkspace
    | WorkspaceGuest
    | UserGroupUnreadable
    | NotAnApprover
    | GroupMemberNotAllowed
    | ApproverPatternTooWide
    | CommandLineApprovalNotCounted
    | ErrorText
)


@dataclass(frozen=True, slots=True)
class InvalidPinRemoval:
    """`person` took a pin off who may not, by the settings here: it protects still."""

    person: str
    reason: PersonRefusal
