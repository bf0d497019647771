"""Which workloads use which images, by the scans of the usage sources."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.errors import ErrorText
from bot.core.last_use import LastUse, MemoryReach
from bot.core.plan_problems import (
    PlanProblem,
    RegionsDenied,
    ScanFailed,
    ScanFailureCause,
    UsageDrop,
)
from bot.core.repository import Puller, RegistryId

SOURCES = (
    "ecs",
    "lambda",
    "kubernetes",
    "app_runner",
    "batch",
    "sagemaker",
    "codebuild",
    "files",
)

MAX_SCAN_AGE = timedelta(minutes=10)
"""Plans and runs that come later use a new scan: a workload may have started since."""

Workloads = Mapping[str, tuple[str, ...]]
"""By digest or by tag, the workloads, as the source names them."""

_SOURCES_OF_SERVICES = {
    "apprunner": "app_runner",
    "build.apprunner": "app_runner",
    "tasks.apprunner": "app_runner",
    "batch": "batch",
    "codebuild": "codebuild",
    "ecs": "ecs",
    "ecs-tasks": "ecs",
    "eks": "kubernetes",
    "eks-fargate-pods": "kubernetes",
    "eks-nodegroup": "kubernetes",
    "pods.eks": "kubernetes",
    "lambda": "lambda",
    "sagemaker": "sagemaker",
}
"""By AWS service, the usage source that lists its workloads. ECR's own services need none:
replication copies images when they are pushed, and a pull through cache pulls by a role of its
account (ECR user guide, Using service-linked roles)."""

_PRINCIPAL = re.compile(
    r"(?P<service>[a-z0-9.-]+?)(\.[a-z]{2,5}(-[a-z]+)+-\d+)?"
    r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk"
    r"|csp\.hci\.ic\.gov)"
)
"""`SERVICE.SUFFIX` or `SERVICE.REGION.SUFFIX`; suffixes as in botocore's partitions.json."""

REGION_LIST_SOURCE = "regions"
"""The source of the scan that replaces the scans of denied Regions."""


class TagRunner(StrEnum):
    """A kind of workload that may use an image by its tag, without a known digest."""

    POD_VOLUME = "pod volume"
    ECS_TASK = "ECS task"


HISTORY_REQUIRED = frozenset({TagRunner.POD_VOLUME})
"""A plan is incomplete if the tag history is shorter than these workloads run. Few pods have image
volumes, and users can name those by digest. ECS tasks are not among them, since no setting shows
their digests: plans would be incomplete for as long as a task runs."""


class UnresolvedTagReference(NamedTuple):
    """A workload uses an image that its tag named at some time after `since`, in UTC."""

    runner: TagRunner
    since: datetime


@dataclass(frozen=True, slots=True)
class ImageUse:
    """A workload names an image. `image`: as the service writes it. `digest`: of the image that
    runs, None if unknown. `unresolved`: set if the workload runs and its digest is unknown.
    `is_guess`: the registry is a guess, so the repository need not exist."""

    image: str
    used_by: str
    digest: str | None = None
    unresolved: UnresolvedTagReference | None = None
    is_guess: bool = False


class TagRun(NamedTuple):
    """A workload that uses an image by a tag, without a known digest."""

    used_by: str
    unresolved: UnresolvedTagReference


TagRuns = Mapping[str, Collection[TagRun]]
"""By tag."""


@dataclass(frozen=True, slots=True)
class PastTagUser:
    """A workload that uses an image by its tag, without a known digest. `certain`: the image had
    the tag after the workload started. Otherwise it may have had it."""

    name: str
    tag: str
    certain: bool


ImageUser: TypeAlias = str | PastTagUser
"""A workload that uses an image. A string: as its source names it."""

ImageUsers = Mapping[str, tuple[ImageUser, ...]]
"""By digest or by tag."""


def sorted_users(users: Iterable[ImageUser]) -> tuple[ImageUser, ...]:
    """By name, then by tag."""
    return tuple(sorted(users, key=_name_and_tag))


def _name_and_tag(user: ImageUser) -> tuple[str, str, bool]:
    if isinstance(user, PastTagUser):
        return user.name, user.tag, not user.certain
    return user, "", False


@dataclass(frozen=True, slots=True)
class SourceScan:
    """The result of one source in one scope: the number of different images, or why it failed.

    `at`: when the scan started; None if it is no scan of a source, or unknown. `last_whole_at`:
    when the source was last scanned whole, `at` if this scan did not fail; None if never or
    unknown. UTC.
    """

    source: str
    scope: str
    images: int
    failure: ScanFailureCause | None = None
    at: datetime | None = None
    last_whole_at: datetime | None = None

    @property
    def usage_drop(self) -> UsageDrop | None:
        """The drop in workloads that an approver can confirm."""
        return self.failure if isinstance(self.failure, UsageDrop) else None

    @property
    def problem(self) -> ScanFailed | None:
        return None if self.failure is None else ScanFailed(self.source, self.scope, self.failure)

    @property
    def is_unread(self) -> bool:
        """Whether the source could not be read. False for a drop in workloads, and for problems
        that are no scan of a source."""
        return self.at is not None and self.failure is not None and self.usage_drop is None

    @property
    def place(self) -> str:
        return f"{self.source} ({self.scope})"


@dataclass(frozen=True, slots=True)
class UnscannedRegion:
    """A Region of an account that no source scans, and where `sources` may find workloads."""

    place: RegistryId
    sources: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place} ({', '.join(self.sources)})"


@dataclass(frozen=True, slots=True)
class OtherRegionsUsage:
    """The workloads of an account in Regions that no source scans. `asked`: the Regions that
    answered; `denied`: those that service control policies deny; `errors`: of the others."""

    account: str
    found: tuple[UnscannedRegion, ...] = ()
    asked: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    errors: tuple[ErrorText, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoryUsage:
    """The users of one repository's images, and the scans that found them. `by_past_tag`: by
    digest, the users whose tag named this digest earlier. `last_uses`: by digest, what earlier
    scans saw; empty if no rule needs it. `memory`: how far these scans reach back; None if no rule
    needs it."""

    by_digest: ImageUsers = field(default_factory=dict)
    by_tag: ImageUsers = field(default_factory=dict)
    scans: tuple[SourceScan, ...] = ()
    not_checked: tuple[str, ...] = SOURCES
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    by_past_tag: ImageUsers = field(default_factory=dict)
    last_uses: Mapping[str, LastUse] = field(default_factory=dict)
    memory: MemoryReach | None = None

    @property
    def failed(self) -> tuple[SourceScan, ...]:
        return tuple(scan for scan in self.scans if scan.failure is not None)

    @property
    def scanned_at(self) -> datetime | None:
        """When the scan of the sources started. None without sources, or if unknown."""
        return min((scan.at for scan in self.scans if scan.at), default=None)

    def unread_source(self, problem: PlanProblem) -> SourceScan | None:
        """The source that could not be read, if that is the problem."""
        found = (scan for scan in self.scans if scan.is_unread and scan.problem == problem)
        return next(found, None)

    def users_of(self, digest: str, tags: tuple[str, ...]) -> tuple[ImageUser, ...]:
        """The users of this digest and of its tags, sorted."""
        found = [users for tag in tags if (users := self.by_tag.get(tag))]
        found += [users for by in (self.by_digest, self.by_past_tag) if (users := by.get(digest))]
        return sorted_users(set().union(*found)) if found else ()


@dataclass(frozen=True, slots=True)
class ScanCoverage:
    """What the usage sources scan. `places`: accounts and Regions. `own_accounts`: those of the
    registries. `sources`: those that are on. `ignored_accounts`, `ignored_services`: need no
    scan."""

    places: frozenset[RegistryId]
    own_accounts: frozenset[str] = frozenset()
    ignored_accounts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    ignored_services: frozenset[str] = frozenset()

    def unscanned_accounts(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Accounts that may pull, also through a scanned service, and are neither scanned nor
        ignored. `*`: any account."""
        known = self.ignored_accounts | self.own_accounts
        known |= {place.account for place in self.places}
        accounts = {p.account for p in pullers if not p.service or self._is_scanned(p.service)}
        return tuple(sorted(accounts - known))

    def unscanned_services(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Services that may pull for any account, and are neither scanned by a source that is on
        nor ignored. `*`: any service."""
        services = {p.service for p in pullers if p.service and not self._is_scanned(p.service)}
        return tuple(sorted(services - self.ignored_services))

    def unscanned(self, places: Iterable[RegistryId]) -> Iterator[RegistryId]:
        return (place for place in places if place not in self.places)

    def _is_scanned(self, service: str) -> bool:
        return service not in self.ignored_services and source_for(service) in self.sources


def source_for(service: str) -> str | None:
    """The usage source for the workloads of a service. `service`: its principal. None if there is
    no source."""
    found = _PRINCIPAL.fullmatch(service)
    return _SOURCES_OF_SERVICES.get(found["service"]) if found else None


@dataclass(frozen=True, slots=True)
class AccountRegions:
    """The Regions of one account that sources scan: `allowed`, or `denied` by service control
    policies. `is_own`: they are from the account's entry under `usage.accounts`, not from
    `usage.regions`. `has_registry`: the account needs no such entry."""

    account: str
    is_own: bool
    has_registry: bool
    allowed: tuple[str, ...]
    denied: tuple[str, ...]


def merge_denied_regions(
    scans: Iterable[SourceScan], lists: Iterable[AccountRegions]
) -> tuple[SourceScan, ...]:
    """Replaces the failed scans of denied Regions by one that names these Regions. An account whose
    Regions are all denied keeps its scans, since there is no better list to suggest."""
    listed = [each for each in lists if each.allowed and each.denied]
    scopes = tuple(f"{each.account} in {region}" for each in listed for region in each.denied)
    others = [scan for scan in scans if not (scan.failure and scan.scope.endswith(scopes))]
    return (*others, *_problems(listed))


def _problems(lists: Sequence[AccountRegions]) -> Iterator[SourceScan]:
    """Other accounts than those with registries may need their own list of Regions."""
    common = {(each.allowed, each.denied) for each in lists if each.has_registry}
    groups: defaultdict[tuple[bool, Sequence[str], Sequence[str]], list[str]] = defaultdict(list)
    for each in lists:
        needs_own = each.is_own or (each.allowed, each.denied) not in common
        groups[needs_own, each.allowed, each.denied].append(each.account)
    for (needs_own, allowed, denied), accounts in groups.items():
        failure = RegionsDenied(
            tuple(sorted(accounts)), tuple(denied), tuple(allowed), is_own=needs_own
        )
        yield SourceScan(REGION_LIST_SOURCE, ", ".join(failure.accounts), 0, failure)
