"""What `ecr-clean doctor` finds, as values. `bot/render/doctor_finding_sentences.py` has the
sentences."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from bot.core.doctor_registry_findings import RegistryFinding
from bot.core.errors import ErrorText
from bot.core.plan_problems import ScanFailed
from bot.core.prices import GbPrice, PriceListFailure
from bot.core.unmatched_tags import UnmatchedTags
from bot.core.usage import UnscannedRegion


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
    """The environment has no Slack tokens."""


@dataclass(frozen=True, slots=True)
class BotSignedIn:
    """`workspace`: name of the workspace."""

    bot: str
    workspace: str
    workspace_id: str


@dataclass(frozen=True, slots=True)
class SlackTokenAccepted:
    """Slack accepts the app-level token."""


@dataclass(frozen=True, slots=True)
class ScopesUnknown:
    """Slack's answer has no header with the scopes of the bot token."""


@dataclass(frozen=True, slots=True)
class ScopesMissing:
    scopes: tuple[SlackScope, ...]


@dataclass(frozen=True, slots=True)
class AllScopesGranted:
    """The bot token has all scopes."""


# channels


@dataclass(frozen=True, slots=True)
class NoReportChannel:
    """No entry of `reports` has a channel."""


@dataclass(frozen=True, slots=True)
class ChannelArchived:
    """Slack accepts no messages in the channel."""


@dataclass(frozen=True, slots=True)
class BotNotInChannel:
    """The bot can post messages in the channel, but no files."""

    bot: str


@dataclass(frozen=True, slots=True)
class BotInChannel:
    """The bot can post messages and files in the channel."""


# approvers


@dataclass(frozen=True, slots=True)
class AllMembersMayApprove:
    """The settings name no approvers, so all full members of the workspace can approve."""


@dataclass(frozen=True, slots=True)
class ApproverGroupEmpty:
    """A user group of approvers has no members."""


@dataclass(frozen=True, slots=True)
class ApproverGroupHasMembers:
    """How many members a user group of approvers has."""

    members: int


@dataclass(frozen=True, slots=True)
class ApproverUnknown:
    """The ID of an approver is wrong, or the user was removed."""

    error: ErrorText


@dataclass(frozen=True, slots=True)
class HandleUnknown:
    """No user and no user group has the handle of an approver."""


@dataclass(frozen=True, slots=True)
class ApproverHandleAmbiguous:
    """Several users or user groups have the handle of an approver, so none of them may approve.
    `owners`: their IDs."""

    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandleOfNonMember:
    """The handle belongs to a guest or to a user of another workspace, who may not approve."""

    user: str


@dataclass(frozen=True, slots=True)
class HandleOfMember:
    """The handle belongs to a full member of the workspace."""

    user: str


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
    | SlackTokenAccepted
    | ScopesUnknown
    | ScopesMissing
    | AllScopesGranted
    | NoReportChannel
    | ChannelArchived
    | BotNotInChannel
    | BotInChannel
)

ApproverFinding: TypeAlias = (
    AllMembersMayApprove
    | ApproverGroupEmpty
    | ApproverGroupHasMembers
    | ApproverUnknown
    | HandleUnknown
    | ApproverHandleAmbiguous
    | HandleOfNonMember
    | HandleOfMember
    | OutsiderMayApprove
    | GuestMayApprove
    | MemberMayApprove
)


@dataclass(frozen=True, slots=True)
class WorkloadsListed:
    """`images`: different images of the registries that the workloads use."""

    workloads: int
    images: int


@dataclass(frozen=True, slots=True)
class SomeUsageSourcesOff:
    """Some sources are switched off."""


@dataclass(frozen=True, slots=True)
class AllUsageSourcesOff:
    """All sources are switched off, so plans cannot be approved."""


@dataclass(frozen=True, slots=True)
class WorkloadsInUnscannedRegions:
    """Regions with workloads that no source scans."""

    regions: tuple[UnscannedRegion, ...]


@dataclass(frozen=True, slots=True)
class RegionsUnreadable:
    """The error of one Region, and how many more failed."""

    error: ErrorText
    others: int


@dataclass(frozen=True, slots=True)
class OtherRegionsEmpty:
    """`asked` other Regions have no workloads; service control policies deny `denied` more."""

    asked: int
    denied: int


UsageFinding: TypeAlias = (
    WorkloadsListed
    | SomeUsageSourcesOff
    | AllUsageSourcesOff
    | WorkloadsInUnscannedRegions
    | RegionsUnreadable
    | OtherRegionsEmpty
)


@dataclass(frozen=True, slots=True)
class PriceRead:
    """AWS's price list can be read."""

    price: GbPrice
    region: str


@dataclass(frozen=True, slots=True)
class PriceListUnreadable:
    """AWS's price list cannot be read. `price`: used until then."""

    price: GbPrice
    region: str
    failure: PriceListFailure


PriceFinding: TypeAlias = PriceRead | PriceListUnreadable


@dataclass(frozen=True, slots=True)
class AllPatternsMatch:
    """All patterns that the user wrote match something that exists. `number`: of the patterns."""

    number: int


@dataclass(frozen=True, slots=True)
class PatternMatchesNoRepository:
    """No registry has a repository that matches."""

    pattern: str


@dataclass(frozen=True, slots=True)
class PatternMatchesNoTag:
    """No tag matches, in the repositories of the entry that were scanned. `scanned`: how many."""

    pattern: str
    scanned: int


@dataclass(frozen=True, slots=True)
class TagsWithoutRule:
    """No keep rule of the policy could match these tags. `repositories`: how many have some."""

    unmatched: UnmatchedTags
    repositories: int


PatternFinding: TypeAlias = (
    AllPatternsMatch | PatternMatchesNoRepository | PatternMatchesNoTag | TagsWithoutRule
)


@dataclass(frozen=True, slots=True)
class SettingsValid:
    """The settings in the file or in the environment variable are valid."""


@dataclass(frozen=True, slots=True)
class NoSettingsFile:
    """There is neither a settings file nor the environment variable."""


@dataclass(frozen=True, slots=True)
class CredentialsValid:
    """`arn`: of the AWS principal."""

    arn: str


@dataclass(frozen=True, slots=True)
class CheckSkipped:
    """The check was not made, since the check that it needs failed."""

    needs: Literal["credentials", "registries"]


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A call failed that no permission allows or denies."""

    error: ErrorText


@dataclass(frozen=True, slots=True)
class AwsCallFailed:
    """A call to AWS failed. The permission may be missing."""

    error: ErrorText


FindingDetail: TypeAlias = (
    SettingsValid
    | NoSettingsFile
    | CredentialsValid
    | CheckSkipped
    | CallFailed
    | AwsCallFailed
    | ScanFailed
    | UsageFinding
    | PriceFinding
    | PatternFinding
    | RegistryFinding
    | SlackFinding
    | ApproverFinding
)


class DoctorFindingStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """`scope`: the account, channel, file, … that was checked."""

    check: str
    scope: str
    status: DoctorFindingStatus
    detail: FindingDetail


def ok(check: str, scope: str, detail: FindingDetail) -> DoctorFinding:
    return DoctorFinding(check, scope, DoctorFindingStatus.OK, detail)


def warning(check: str, scope: str, detail: FindingDetail) -> DoctorFinding:
    return DoctorFinding(check, scope, DoctorFindingStatus.WARNING, detail)


def failed(check: str, scope: str, detail: FindingDetail) -> DoctorFinding:
    return DoctorFinding(check, scope, DoctorFindingStatus.FAILED, detail)
