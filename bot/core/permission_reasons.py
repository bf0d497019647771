"""Why a person has a permission or not: values with fields.

`person`: a Slack user ID or an AWS ARN. `group`: a Slack user group ID, or the @handle of a user or
of a user group.
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
    """For the command line, if the settings name no approvers."""

    person: str


@dataclass(frozen=True, slots=True)
class FullWorkspaceMember:
    """Of the Slack workspace, if the settings name no approvers."""

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
    """`pattern`: an ARN or a glob of ARNs in `approvers`."""

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
    """In a user group of approvers, but not a full member of the workspace."""

    group: str
    reason: WorkspaceUnknown | MemberOfOtherWorkspace | WorkspaceGuest


@dataclass(frozen=True, slots=True)
class ApproverPatternTooWide:
    """`pattern`: an entry of `approvers` that matches too many ARNs."""

    pattern: str


@dataclass(frozen=True, slots=True)
class CommandLineApprovalNotCounted:
    """Approvals of the command line do not count if several are required."""

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
    """`person` removed a pin without permission under these settings. It still protects."""

    person: str
    reason: PersonRefusal
