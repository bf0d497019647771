"""The seams between the decision and the world."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.manifest import Content, Described, Unread
from bot.core.pull_times import OurRead
from bot.core.repository import RepositoryId

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class Registry(Protocol):
    """One account's registry in one Region. Everything raises ServiceError if it fails."""

    @property
    def read_at_once(self) -> int:
        """How many manifests one `read` may ask for."""

    def repositories(self) -> Iterator[RepositoryId]: ...

    def repository(self, name: str) -> RepositoryId | None:
        """None if the registry has none of that name."""

    def describe(self, repository: RepositoryId) -> Iterator[Described]:
        """Every manifest, whatever its status. Raises RequestError if the repository is gone."""

    def read(
        self, repository: RepositoryId, batch: Sequence[Described]
    ) -> Mapping[str, Content | Unread]:
        """What the manifests' texts say, by one call; an answer for each. It counts as a pull."""

    def layers_stay_within_repositories(self) -> bool:
        """False if repositories of this registry may share layers."""

    def records_our_pulls(self) -> bool:
        """False if our reading leaves pull times alone."""


class ManifestCache(Protocol):
    """What was once read stays known. Raises ServiceError if it fails."""

    def contents(self, digests: Iterable[str]) -> dict[str, Content]: ...

    def add_contents(self, contents: Mapping[str, Content]) -> None: ...

    def our_reads(self, repository: RepositoryId) -> Mapping[str, Sequence[OurRead]]: ...

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None: ...

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        """Digests that referrers name by tag and that were in this repository at some time."""

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None: ...


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None) -> None:
        """`total` None: nobody knows yet."""
