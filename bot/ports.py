"""The seams between the decision and the world."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from bot.core.manifest import Content, Described, Unread
from bot.core.pull_times import OurRead
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import Sighting

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class Registry(Protocol):
    """One account's registry in one Region. Everything raises ServiceError if it fails."""

    @property
    def read_at_once(self) -> int:
        """How many manifests one `read` may ask for."""

    def id(self) -> RegistryId: ...

    def repositories(self) -> Iterator[RepositoryId]: ...

    def repository(self, name: str) -> RepositoryId | None:
        """None if the registry has none of that name."""

    def describe(self, repository: RepositoryId) -> Iterator[Described]:
        """Every manifest, whatever its status. Raises RequestError if the repository is gone."""

    def read(
        self, repository: RepositoryId, batch: Sequence[Described]
    ) -> Mapping[str, Content | Unread]:
        """What the manifests' texts say, by one call; an answer for each. It counts as a pull."""

    def accounts_that_may_pull(self, repository: RepositoryId) -> frozenset[str]:
        """By the repository's and the registry's policies; `*` where they leave open who."""

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        """Where replication rules carry deletions from this repository."""

    def layers_stay_within_repositories(self) -> bool:
        """False if repositories of this registry may share layers."""

    def records_our_pulls(self) -> bool:
        """False if our reading leaves pull times alone."""


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


class ManifestCache(Protocol):
    """What was once read stays known. Raises ServiceError if it fails."""

    def contents(self, digests: Iterable[str]) -> dict[str, Content]: ...

    def add_contents(self, contents: Mapping[str, Content]) -> None: ...

    def our_reads(self, repository: RepositoryId) -> Mapping[str, Sequence[OurRead]]: ...

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None: ...

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        """Digests that referrers name by tag and that were in this repository at some time."""

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None: ...


class Listed(NamedTuple):
    """How many workloads a source listed when it was last believed. UTC."""

    workloads: int
    at: datetime


class UsageMemory(Protocol):
    """What each source listed last, so that a sudden silence is noticed."""

    def last_listed(self, source: str, scope: str) -> Listed | None: ...

    def believe(self, source: str, scope: str, listed: Listed) -> None: ...

    def doubt(self, source: str, scope: str, listed: Listed) -> None:
        """Keeps it aside until somebody confirms it."""

    def confirm(self, source: str, scope: str) -> Listed | None:
        """Believes what was doubted; None if nothing was."""

    def doubted(self) -> Sequence[tuple[str, str]]:
        """Sources and scopes that somebody may confirm."""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None) -> None:
        """`total` None: nobody knows yet."""
