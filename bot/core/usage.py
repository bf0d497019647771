"""Who uses which image, as the sources of usage saw it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.errors import ErrorText
from bot.core.plan_problems import RegionsDenied, ScanFailed, ScanFailureCause, UsageDrop
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

Workloads = Mapping[str, tuple[str, ...]]
"""By digest or by tag, as their source names them."""

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
"""Which source looks at what a service runs. ECR's own services are none of these: replication
copies at each push, and a pull through cache pulls by a role of the account that it belongs to (ECR
user guide, Using service-linked roles)."""

_PRINCIPAL = re.compile(
    r"(?P<service>[a-z0-9.-]+?)(\.[a-z]{2,5}(-[a-z]+)+-\d+)?"
    r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk"
    r"|csp\.hci\.ic\.gov)"
)
"""`SERVICE.SUFFIX` or `SERVICE.REGION.SUFFIX`; suffixes as in botocore's partitions.json."""

REGION_LIST_SOURCE = "regions"
"""The source of the look that replaces those of all sources in denied Regions."""


class TagRunner(StrEnum):
    """What may run an image by a tag without telling the digest."""

    POD_VOLUME = "pod volume"
    ECS_TASK = "ECS task"


HISTORY_REQUIRED = frozenset({TagRunner.POD_VOLUME})
"""A plan is incomplete unless it is known what the tags of these named since they started: few
pods have such volumes, and people can name them by digest. Nobody can make a running task tell its
digest, so of tasks only what is known protects: plans would stay incomplete as long as it runs."""


class UnresolvedTag(NamedTuple):
    """A workload runs whatever its tag named at some time since then, in UTC."""

    runner: TagRunner
    since: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """A workload names an image, as its service writes it. `digest`: what really runs, if told.
    `unresolved`: that it runs something, where nobody tells the digest. `is_guess`: the source does
    not say that the image is in this registry, so the repository need not exist."""

    image: str
    used_by: str
    digest: str | None = None
    unresolved: UnresolvedTag | None = None
    is_guess: bool = False


class TagRun(NamedTuple):
    """Who runs what a tag named."""

    used_by: str
    unresolved: UnresolvedTag


TagRuns = Mapping[str, Collection[TagRun]]
"""By tag."""


@dataclass(frozen=True, slots=True)
class PastTagUser:
    """A workload that runs an image by its tag, where nobody tells the digest. `certain`: the image
    had the tag after the workload started. Otherwise it may have had it."""

    name: str
    tag: str
    certain: bool


ImageUser: TypeAlias = str | PastTagUser
"""Who uses an image. A string is a workload, as its source names it."""

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
    """One source in one scope: how many different references it made, or why it is unknown."""

    source: str
    scope: str
    images: int
    failure: ScanFailureCause | None = None

    @property
    def doubt(self) -> UsageDrop | None:
        """Why somebody has to confirm the number of its workloads."""
        return self.failure if isinstance(self.failure, UsageDrop) else None

    @property
    def problem(self) -> ScanFailed | None:
        return None if self.failure is None else ScanFailed(self.source, self.scope, self.failure)

    @property
    def place(self) -> str:
        return f"{self.source} ({self.scope})"


@dataclass(frozen=True, slots=True)
class UnscannedRegion:
    """A Region of an account that no source scans, though `sources` may find workloads there."""

    place: RegistryId
    sources: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place} ({', '.join(self.sources)})"


@dataclass(frozen=True, slots=True)
class OtherRegionsUsage:
    """What an account has in its other Regions: those that could be `asked`, those that service
    control policies deny, and the `errors` of the others."""

    account: str
    found: tuple[UnscannedRegion, ...] = ()
    asked: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    errors: tuple[ErrorText, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoryUsage:
    """What is in use of one repository: users by digest and by tag, and what was looked at.
    `by_past_tag`: users by the digests that their tags named once."""

    by_digest: ImageUsers = field(default_factory=dict)
    by_tag: ImageUsers = field(default_factory=dict)
    scans: tuple[SourceScan, ...] = ()
    not_checked: tuple[str, ...] = SOURCES
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    by_past_tag: ImageUsers = field(default_factory=dict)

    @property
    def failed(self) -> tuple[SourceScan, ...]:
        return tuple(scan for scan in self.scans if scan.failure is not None)

    def of(self, digest: str, tags: tuple[str, ...]) -> tuple[ImageUser, ...]:
        """Who uses this digest, or what one of its tags names now; sorted."""
        found = [users for tag in tags if (users := self.by_tag.get(tag))]
        found += [users for by in (self.by_digest, self.by_past_tag) if (users := by.get(digest))]
        return sorted_users(set().union(*found)) if found else ()


@dataclass(frozen=True, slots=True)
class ScanCoverage:
    """Accounts and Regions that are looked at, the registries' own accounts, those that need no
    look, the `sources` that are on, and services that need no look."""

    places: frozenset[RegistryId]
    own_accounts: frozenset[str] = frozenset()
    ignored_accounts: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    ignored_services: frozenset[str] = frozenset()

    def unscanned_accounts(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Those that may pull, by themselves or by a service that is looked at, and are neither
        looked at nor ignored; `*` stands for any."""
        known = self.ignored_accounts | self.own_accounts
        known |= {place.account for place in self.places}
        accounts = {p.account for p in pullers if not p.service or self._is_scanned(p.service)}
        return tuple(sorted(accounts - known))

    def unscanned_services(self, pullers: Iterable[Puller]) -> tuple[str, ...]:
        """Those that may pull, at which no source that is on looks, and that are not ignored: for
        whichever account they pull. `*` stands for any."""
        services = {p.service for p in pullers if p.service and not self._is_scanned(p.service)}
        return tuple(sorted(services - self.ignored_services))

    def unscanned(self, places: Iterable[RegistryId]) -> Iterator[RegistryId]:
        return (place for place in places if place not in self.places)

    def _is_scanned(self, service: str) -> bool:
        return service not in self.ignored_services and source_for(service) in self.sources


def source_for(service: str) -> str | None:
    """The source that looks at what a service runs, by the service's principal; None if there is
    none."""
    found = _PRINCIPAL.fullmatch(service)
    return _SOURCES_OF_SERVICES.get(found["service"]) if found else None


@dataclass(frozen=True, slots=True)
class RegionList:
    """The Regions of one account where sources look. `is_own`: the account's entry under
    `usage.accounts` lists them, and not `usage.regions`; `has_registry`: the account needs no such
    entry."""

    account: str
    is_own: bool
    has_registry: bool
    allowed: tuple[str, ...]
    denied: tuple[str, ...]


def without_denied(
    scans: Iterable[SourceScan], lists: Iterable[RegionList]
) -> tuple[SourceScan, ...]:
    """Replaces the looks that failed in denied Regions by one that names these Regions. If every
    Region of a list is denied, there is none to list instead, and its looks stay."""
    told = [each for each in lists if each.allowed and each.denied]
    scopes = tuple(f"{each.account} in {region}" for each in told for region in each.denied)
    others = [scan for scan in scans if not (scan.failure and scan.scope.endswith(scopes))]
    return (*others, *_problems(told))


def _problems(lists: Sequence[RegionList]) -> Iterator[SourceScan]:
    """`usage.regions` follows the accounts with registries; others may need a list of their own."""
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
