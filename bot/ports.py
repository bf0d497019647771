"""The seams between the decision and the world."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.authority import SlackPerson
from bot.core.manifest import Content, Described, Unread
from bot.core.pull_times import OurRead
from bot.core.records import (
    Event,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.core.repository_policy import Puller
from bot.core.usage import Sighting

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class ManifestText(NamedTuple):
    """A manifest as it was pushed."""

    media_type: str | None
    text: str


Found = TypeVar("Found")


class Dated(NamedTuple, Generic[Found]):
    """What one call found, by digest. `answered_at`: the time that the answer bears, by the
    service's own clock and to the second; None if it bears none. UTC. `text_bytes`: the length of
    all manifests in the answer."""

    found: Mapping[str, Found]
    answered_at: datetime | None
    text_bytes: int = 0


class Registry(Protocol):
    """One account's registry in one Region. Everything raises ServiceError if it fails."""

    @property
    def read_at_once(self) -> int:
        """How many manifests one `read` may ask for."""

    def id(self) -> RegistryId: ...

    def repositories(self) -> Iterator[RepositoryId]: ...

    def repository(self, name: str) -> RepositoryId | None:
        """None if the registry has none of that name."""

    def resource_tags(self, repository: RepositoryId) -> Mapping[str, str]:
        """AWS's own tags of the repository, by key: no tags of images. Raises RequestError if the
        repository is gone."""

    def describe(self, repository: RepositoryId) -> Iterator[Described]:
        """Every manifest, whatever its status. Raises RequestError if the repository is gone."""

    def read(self, repository: RepositoryId, batch: Sequence[Described]) -> Dated[Content | Unread]:
        """What the manifests' texts say, by one call; an answer for each. It counts as a pull."""

    def digests(self, repository: RepositoryId) -> Iterator[str]:
        """Of every manifest, whatever its status; by fewer bytes than `describe`."""

    def describe_some(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> Mapping[str, Described]:
        """As they are now, `read_at_once` at the most; those that are gone are left out."""

    def texts(self, repository: RepositoryId, digests: Sequence[str]) -> Dated[ManifestText]:
        """Of `read_at_once` at the most, by one call; those that cannot be read are left out. It
        counts as a pull."""

    def pullers(self, repository: RepositoryId) -> frozenset[Puller]:
        """Who may pull by the repository's and the registry's policies."""

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        """Where replication rules carry deletions from this repository."""

    def layers_stay_within_repositories(self) -> bool:
        """False if repositories of this registry may share layers."""

    def records_our_pulls(self) -> bool:
        """False if our reading leaves pull times alone."""


class DeletionFailure(NamedTuple):
    """Why ECR does not delete one image: API reference, ImageFailure."""

    code: str
    reason: str


class Deleter(Protocol):
    """Deletes images of one repository, with no more power than that takes. May be used by several
    threads."""

    def delete(
        self, digests: Sequence[str], may_go: Callable[[], bool]
    ) -> Mapping[str, DeletionFailure | None]:
        """By one call, which is tried once. What ECR answered for each digest, None for deleted;
        digests that the answer leaves out are left out. `may_go` is asked at the last moment, when
        the request is about to leave.

        Raises NotSentError if it may not; ThrottledError, AnswerLostError, ExpiredCredentialsError;
        ServiceError for whatever trying again does not mend.
        """

    def renew_credentials(self) -> None:
        """Asks for new ones, though the old ones should not have run out yet."""


class Directory(Protocol):
    """The people of the Slack workspace in which this process works. May be used by several
    threads. Everything raises ServiceError if Slack cannot tell, or this process has no token."""

    def workspace(self) -> str:
        """Its id."""

    def person(self, user_id: str) -> SlackPerson:
        """With all user groups that the settings name. Raises RequestError if nobody of that id
        may decide anything: deactivated, a bot, unknown."""


class UsageSource(Protocol):
    """One service in one place, or one file."""

    @property
    def name(self) -> str:
        """The source's key in the settings."""

    @property
    def scope(self) -> str:
        """Where it looks: `123456789012 in eu-west-1`, a cluster, a path."""

    def sightings(self) -> Iterator[Sighting]:
        """Every reference that it knows, with who uses it. Raises ServiceError if it cannot tell
        all: a source that is silent says nothing about usage."""


class RepositoryMemory(Protocol):
    """What this bot read and saw in a repository. Raises ServiceError if it fails."""

    def our_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[OurRead]]:
        """Of these digests, or of all. Nothing stands for those that were never read."""

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None:
        """By digest. Of a read that is known already only the span is added, if it had none."""

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        """Digests that referrers name by tag and that were in this repository at some time."""

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None: ...


class ManifestCache(RepositoryMemory, Protocol):
    """Keeps what the bot read, so that it reads each manifest once. Raises ServiceError if it
    fails."""

    def contents(self, digests: Iterable[str]) -> dict[str, Content]: ...

    def add_contents(self, contents: Mapping[str, Content]) -> None: ...


class WorkloadCount(NamedTuple):
    """How many workloads a source listed when it was last believed. UTC."""

    workloads: int
    at: datetime


class Doubted(NamedTuple):
    """A source listed far fewer workloads than `before`; somebody may confirm what it listed."""

    source: str
    scope: str
    listed: WorkloadCount
    before: WorkloadCount


class Confirmation(NamedTuple):
    """Somebody's consent to how few workloads a source listed. `by`: a Slack user's id or an AWS
    ARN. UTC."""

    doubted: Doubted
    by: str
    at: datetime


class UsageMemory(Protocol):
    """What each source listed last, so that a sudden silence is noticed."""

    def last_listed(self, source: str, scope: str) -> WorkloadCount | None: ...

    def believe(self, source: str, scope: str, listed: WorkloadCount) -> None: ...

    def doubt(self, doubted: Doubted) -> None:
        """Keeps it aside until somebody confirms it."""

    def confirm(self, doubted: Doubted, event: Event | None) -> bool:
        """Believes what was doubted. `event`: who confirmed it, for the audit, if there is one.
        False, and nothing is written, if it is no longer doubted, or another number is."""

    def doubted(self) -> Sequence[Doubted]:
        """What somebody may confirm, by source and scope."""

    def confirmations(self, source: str, scope: str) -> Sequence[Confirmation]:
        """All that are known, oldest first."""


class RegionAnswer(NamedTuple):
    """Whether a source may find something in a Region that it does not scan. UTC."""

    has_any: bool
    at: datetime


class RegionMemory(Protocol):
    """What Regions that no source scans answered, so that they are not asked with every scan."""

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], RegionAnswer]:
        """By Region and source."""

    def remember_regions(
        self, account: str, asked: Mapping[tuple[str, str], RegionAnswer]
    ) -> None: ...


class ScanMemory(UsageMemory, RegionMemory, Protocol):
    """All that scans remember."""


class RunProgress(Protocol):
    def __call__(self, done: int, total: int, freed_bytes: int) -> None:
        """`done`: of how many of `total` digests it is settled what became of them."""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None, note: str = "", /) -> None:
        """`total` None: it is not known yet. `note` may change while the step lasts."""
