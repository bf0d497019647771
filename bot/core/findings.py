"""What `ecr-clean doctor` finds about the sources of usage: values with fields."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from bot.core.errors import Sentence
from bot.core.obstacles import ScanFailed
from bot.core.registry_findings import RegistryFinding
from bot.core.slack_findings import SlackFinding
from bot.core.usage import UnscannedRegion


@dataclass(frozen=True, slots=True)
class WorkloadsListed:
    """`images`: how many different images of the registries the workloads name."""

    workloads: int
    images: int


@dataclass(frozen=True, slots=True)
class SourcesOff:
    """Some sources are switched off."""


@dataclass(frozen=True, slots=True)
class AllSourcesOff:
    """Plans cannot be approved then."""


@dataclass(frozen=True, slots=True)
class RegionsUnscanned:
    """Regions with workloads that no source scans."""

    regions: tuple[UnscannedRegion, ...]


@dataclass(frozen=True, slots=True)
class RegionsUnread:
    """The error of one other Region, and how many others failed."""

    error: Sentence
    others: int


@dataclass(frozen=True, slots=True)
class OtherRegionsEmpty:
    """So many other Regions have no workloads; service control policies deny `denied` more."""

    asked: int
    denied: int


UsageFinding: TypeAlias = (
    WorkloadsListed
    | SourcesOff
    | AllSourcesOff
    | RegionsUnscanned
    | RegionsUnread
    | OtherRegionsEmpty
)


@dataclass(frozen=True, slots=True)
class SettingsValid:
    """The settings file can be read, and every value in it is allowed."""


@dataclass(frozen=True, slots=True)
class DefaultsApply:
    """There is no settings file."""


@dataclass(frozen=True, slots=True)
class CredentialsBelongTo:
    """`arn`: of the AWS principal."""

    arn: str


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """The check needs another one to succeed first."""

    needs: Literal["credentials", "registries"]


@dataclass(frozen=True, slots=True)
class CallFailed:
    """`error` says what to do."""

    error: Sentence


@dataclass(frozen=True, slots=True)
class AwsCallFailed:
    """The permission may be missing."""

    error: Sentence


FindingDetail: TypeAlias = (
    SettingsValid
    | DefaultsApply
    | CredentialsBelongTo
    | NotLookedAt
    | CallFailed
    | AwsCallFailed
    | ScanFailed
    | UsageFinding
    | RegistryFinding
    | SlackFinding
)


class FindingStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Finding:
    """`scope`: the account, channel, file, … that was checked."""

    check: str
    scope: str
    status: FindingStatus
    detail: FindingDetail


def ok(check: str, scope: str, detail: FindingDetail) -> Finding:
    return Finding(check, scope, FindingStatus.OK, detail)


def warning(check: str, scope: str, detail: FindingDetail) -> Finding:
    return Finding(check, scope, FindingStatus.WARNING, detail)


def failed(check: str, scope: str, detail: FindingDetail) -> Finding:
    return Finding(check, scope, FindingStatus.FAILED, detail)
