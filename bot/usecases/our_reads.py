"""Reads manifests, and remembers that it was us: ECR records every reading as a pull."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.errors import ServiceError
from bot.core.pull_times import OurRead, Span, recorded_span
from bot.core.repository import RepositoryId
from bot.parallel import in_parallel
from bot.ports import Clock, Dated, Registry, RepositoryMemory


class Readable(Protocol):
    """A manifest, and when somebody last pulled it."""

    @property
    def digest(self) -> str: ...

    @property
    def pulled_at(self) -> datetime | None: ...


Entry = TypeVar("Entry", bound=Readable)
Found = TypeVar("Found")


class _Begun(NamedTuple, Generic[Entry]):
    batch: Sequence[Entry]
    at: datetime


class _Ended(NamedTuple, Generic[Entry, Found]):
    begun: _Begun[Entry]
    answer: Mapping[str, Found] | ServiceError
    recorded: Span | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Calls that read manifests of one repository. `leaves_traces`: whether ECR records them."""

    repository: RepositoryId
    memory: RepositoryMemory
    clock: Clock
    leaves_traces: bool

    def read(
        self,
        batches: Iterable[Sequence[Entry]],
        call: Callable[[Sequence[Entry]], Dated[Found]],
    ) -> Iterator[Mapping[str, Found] | ServiceError]:
        """What each call found, in order, or why it failed. A call is remembered before it leaves,
        since one that is cut off changes pull times, too; and when it has ended, with the times by
        which it can be told from others'. Raises ServiceError if nothing can be remembered."""
        for ended in in_parallel(partial(self._timed, call), map(self._begin, batches)):
            self._remember(ended.begun, ended.recorded)
            yield ended.answer

    def _begin(self, batch: Sequence[Entry]) -> _Begun[Entry]:
        begun = _Begun(batch, self.clock())
        self._remember(begun, recorded=None)
        return begun

    def _timed(
        self, call: Callable[[Sequence[Entry]], Dated[Found]], begun: _Begun[Entry]
    ) -> _Ended[Entry, Found]:
        answer: Mapping[str, Found] | ServiceError
        answered_at: datetime | None = None
        try:
            answer, answered_at = call(begun.batch)
        except ServiceError as error:
            answer = error
        return _Ended(begun, answer, recorded_span(begun.at, self.clock(), answered_at))

    def _remember(self, begun: _Begun[Entry], recorded: Span | None) -> None:
        if self.leaves_traces:
            reads = {
                entry.digest: OurRead(begun.at, entry.pulled_at, recorded) for entry in begun.batch
            }
            self.memory.add_our_reads(self.repository, reads)


def open_reading(
    registry: Registry, repository: RepositoryId, memory: RepositoryMemory, clock: Clock
) -> Reading:
    return Reading(repository, memory, clock, reads_count_as_pulls(registry))


def reads_count_as_pulls(registry: Registry) -> bool:
    """They do, unless the registry says otherwise; being allowed to ask it is not needed."""
    try:
        return registry.records_our_pulls()
    except ServiceError:
        return True
