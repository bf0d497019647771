"""Protocols for what crosses I/O and has several implementations, with the values they exchange."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.last_use import ScanPlace, ScanTimes, SeenUses
from bot.core.manifest import DescribedImage, ManifestContent, ManifestReadFailure
from bot.core.permissions import SlackUser
from bot.core.prices import (
    GbPrice,
    PriceListFailure,
    PriceListProblem,
    PriceReading,
    RegionPrices,
)
from bot.core.pull_times import BotRead
from bot.core.records import AuditEvent, PlanMessage
from bot.core.repository import Puller, RegistryId, RepositoryId
from bot.core.usage import ImageUse
from bot.core.workload_counts import DoubtedUsage, WorkloadCount, WorkloadHistory

Clock = Callable[[], datetime]
"""The time now, in UTC."""

PriceOf = Callable[[str], GbPrice]
"""The price of storage in a Region."""

PriceReader = Callable[[], RegionPrices]
"""The prices of storage that are known now. Makes no calls to AWS."""


class ManifestText(NamedTuple):
    """A manifest as it was pushed."""

    media_type: str | None
    text: str


Found = TypeVar("Found")


class DatedAnswer(NamedTuple, Generic[Found]):
    """What one call found, by digest. `answered_at`: the time in the answer, by the service's
    clock, to the second; None if it has none. UTC. `text_bytes`: the length of all manifests in the
    answer."""

    found: Mapping[str, Found]
    answered_at: datetime | None
    text_bytes: int = 0


class Registry(Protocol):
    """One account's registry in one Region. Every method raises ServiceError if it
    fails."""

    @property
    def read_at_once(self) -> int:
        """How many manifests one `read` may ask for."""

    def id(self) -> RegistryId: ...

    def repositories(self) -> Iterator[RepositoryId]: ...

    def repository(self, name: str) -> RepositoryId | None:
        """None if the registry has no repository of that name."""

    def resource_tags(self, repository: RepositoryId) -> Mapping[str, str]:
        """The AWS tags of the repository, by key; not the tags of images. Raises RequestError if
        the repository is gone."""

    def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
        """All manifests, in any status. Raises RequestError if the repository is gone."""

    def read(
        self, repository: RepositoryId, batch: Sequence[DescribedImage]
    ) -> DatedAnswer[ManifestContent | ManifestReadFailure]:
        """Reads the manifests by one call, and answers for each of them. AWS counts it as a
        pull."""

    def digests(self, repository: RepositoryId) -> Iterator[str]:
        """Of all manifests, in any status. Transfers fewer bytes than `describe`."""

    def describe_some(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> Mapping[str, DescribedImage]:
        """At most `read_at_once` manifests, as they are now. Those that are gone are left out."""

    def digests_of_tags(self, name: str, tags: Sequence[str]) -> Mapping[str, str]:
        """What at most `read_at_once` tags of the repository of this name name now. Tags that do
        not exist are left out; without the repository, all of them."""

    def texts(self, repository: RepositoryId, digests: Sequence[str]) -> DatedAnswer[ManifestText]:
        """Reads at most `read_at_once` manifests by one call. Those that cannot be read are left
        out. AWS counts it as a pull."""

    def pullers(self, repository: RepositoryId) -> frozenset[Puller]:
        """Who may pull, by the policies of the repository and the registry."""

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        """The registries to which replication rules pass deletions from this repository."""

    def layers_stay_within_repositories(self) -> bool:
        """False if repositories of this registry may share layers."""

    def records_our_pulls(self) -> bool:
        """False if reads by the bot do not change pull times."""


AnyRegistry = TypeVar("AnyRegistry", bound=Registry)


class AwsCaller(NamedTuple):
    """The owner of the credentials. `principal`: the IAM user or role behind them, if there is one;
    if the role was assumed, its path is missing."""

    arn: str
    principal: str | None


@dataclass(frozen=True, slots=True)
class NamedRegistry(Generic[AnyRegistry]):
    """A registry, what the settings call it, and the ARN of the role through which it is read."""

    registry: AnyRegistry
    name: str
    role: str | None = None


class DeletionFailure(NamedTuple):
    """Why ECR did not delete an image: API reference, ImageFailure."""

    code: str
    reason: str


class ImageDeleter(Protocol):
    """Deletes images of one repository, with permissions for nothing else. May be used by several
    threads."""

    def delete(
        self, digests: Sequence[str], may_send: Callable[[], bool]
    ) -> Mapping[str, DeletionFailure | None]:
        """Deletes by one call, without a retry. Returns ECR's answer for each digest, None if it
        was deleted. Digests that ECR's answer does not have are left out. `may_send` is called
        right before the request is sent.

        Raises NotSentError if `may_send` returned False; ThrottledError, AnswerLostError or
        ExpiredCredentialsError; ServiceError if a retry cannot help.
        """

    def renew_credentials(self) -> None:
        """Requests new credentials, even if the old ones should not have expired yet."""


class UserDirectory(Protocol):
    """The users of the Slack workspace of this process. May be used by several threads. Every
    method raises ServiceError if Slack fails or this process has no token."""

    def workspace(self) -> str:
        """The workspace's id."""

    def person(self, user_id: str) -> SlackUser:
        """The user, with those of their user groups that the settings name. Raises RequestError if
        the user may not decide anything: deactivated, a bot, or unknown."""


class ReportMessages(Protocol):
    """Posts reports where people decide on them. Every method raises ServiceError if it fails."""

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        save_message: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        """Shows the stored plan in a new message, or in the message `in_place_of`. `save_message`
        stores the message, and more in the same transaction."""

    def collapse_older(self, message: PlanMessage) -> None:
        """Reduces older messages of the same plan in the same channel to one line."""


class UsageSource(Protocol):
    """A place in which workloads use images: a service in one Region, a cluster, a file."""

    @property
    def name(self) -> str:
        """The source's key in the settings."""

    @property
    def scope(self) -> str:
        """What it scans: `123456789012 in eu-west-1`, a cluster, a path."""

    def image_uses(self) -> Iterator[ImageUse]:
        """All references to images, each with its user. Raises ServiceError if it cannot read all
        of them: a partial answer would say that images are not in use."""


class RepositoryMemory(Protocol):
    """What the bot read and found in repositories. Every method raises ServiceError if it fails."""

    def bot_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[BotRead]]:
        """Of these digests, or of all. Digests that were never read are left out."""

    def add_bot_reads(self, repository: RepositoryId, reads: Mapping[str, BotRead]) -> None:
        """By digest. A read that is known already gets only the span, if it had none."""

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        """Digests that tags of referrers name, and that were in this repository at some time."""

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None: ...


class ManifestCache(RepositoryMemory, Protocol):
    """Stores what manifests contain, so that the bot reads each of them once. Every method raises
    ServiceError if it fails."""

    def contents(self, digests: Iterable[str]) -> dict[str, ManifestContent]: ...

    def add_contents(self, contents: Mapping[str, ManifestContent]) -> None: ...


class WorkloadCountMemory(Protocol):
    """What sources listed in earlier scans, so that a drop is noticed."""

    def history(self, source: str, scope: str) -> WorkloadHistory: ...

    def accept(self, source: str, scope: str, listed: WorkloadCount) -> None:
        """Later scans are compared with this number. Ends all doubt."""

    def doubt(self, doubted: DoubtedUsage) -> None:
        """Stores the number for a confirmation. Scans are not compared with it."""

    def confirm(self, doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        """From now on, scans are compared with the doubted number, and with none before. `event`:
        the confirmation, for the audit, if the memory has one. False, and nothing is written, if
        the number is no longer in doubt, or another number is."""

    def doubted(self) -> Sequence[DoubtedUsage]:
        """All numbers in doubt, by source and scope."""


class UsageHistory(Protocol):
    """The scans of usage that are remembered."""

    def usage_scans(self, after: datetime) -> ScanTimes:
        """The whole scans after this time. Raises ServiceError if it fails."""


class UsageHistoryWriter(UsageHistory, Protocol):
    """Remembers scans of usage, and what they saw in use."""

    def record_usage(self, seen: SeenUses, scanned: Iterable[ScanPlace], at: datetime) -> None:
        """`scanned`: the places that the scan scanned whole. `at`: when it started, in UTC. Raises
        ServiceError if it fails."""


class RegionAnswer(NamedTuple):
    """Whether a Region that no source scans may have workloads of a source. UTC."""

    has_any: bool
    at: datetime


class RegionMemory(Protocol):
    """The answers of Regions that no source scans, so that not every scan asks them."""

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], RegionAnswer]:
        """By Region and source."""

    def remember_regions(
        self, account: str, asked: Mapping[tuple[str, str], RegionAnswer]
    ) -> None: ...


class DefinitionKey(NamedTuple):
    """Names what workloads are started from, such as a revision of a task definition. `place`: the
    endpoint that answers for it, the account and the Region. `fingerprint`: changes with the
    content; empty if the content never changes. `valid_for`: how long the content may be used;
    None: forever."""

    place: str
    name: str
    fingerprint: str = ""
    valid_for: timedelta | None = None


class DefinitionCache(Protocol):
    """Stores what AWS answered about definitions, so that each of them is read once. Every method
    raises ServiceError if it fails."""

    def known(self, keys: Iterable[DefinitionKey]) -> Mapping[DefinitionKey, tuple[str, ...]]:
        """Leaves out definitions that are unknown, changed, too old or damaged."""

    def remember(self, definitions: Mapping[DefinitionKey, tuple[str, ...]]) -> None: ...


OpenDefinitionCache = Callable[[], AbstractContextManager[DefinitionCache]]
"""Opens the cache for one thread."""


class PriceList(Protocol):
    """AWS's price list."""

    def usd_per_gb_month(self, region: str) -> float | PriceListFailure:
        """The price of storage in ECR, more than 0."""


class PriceMemory(Protocol):
    """What AWS's price list said, so that not every command asks it."""

    def price_readings(self) -> Sequence[PriceReading]:
        """One for each Region that was asked for."""

    def save_price(self, region: str, usd: float, at: datetime) -> None: ...

    def save_price_problem(self, region: str, problem: PriceListProblem, at: datetime) -> None:
        """Keeps the price that was read before."""


class ScanMemory(NamedTuple):
    """What scans of usage remember for the next one. `history` None: there is no store. `writer`
    None: what is in use is not recorded."""

    usage: WorkloadCountMemory
    regions: RegionMemory
    history: UsageHistory | None
    writer: UsageHistoryWriter | None


class RunProgress(Protocol):
    def __call__(self, done: int, total: int, freed_bytes: int) -> None:
        """`done`: how many of `total` digests have an outcome."""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None, note: str = "", /) -> None:
        """`total`: None if it is not known yet. `note` may change during the step."""
