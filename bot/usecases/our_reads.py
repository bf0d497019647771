"""Reads manifests, and remembers that it was us: ECR records every reading as a pull."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.errors import ServiceError
from bot.core.pull_times import OurRead, Span, recorded_span
from bot.core.repository import RepositoryId
from bot.parallel import in_parallel
from bot.ports import Clock, Dated, Registry, RepositoryMemory
from bot.usecases.batch_size import BatchSize, sample


class Readable(Protocol):
    """A manifest, and when somebody last pulled it."""

    @property
    def digest(self) -> str: ...

    @property
    def pulled_at(self) -> datetime | None: ...

    @property
    def config_type(self) -> str | None: ...


Entry = TypeVar("Entry", bound=Readable)
Found = TypeVar("Found")


class _Begun(NamedTuple, Generic[Entry]):
    batch: Sequence[Entry]
    at: datetime


class _Ended(NamedTuple, Generic[Entry, Found]):
    begun: _Begun[Entry]
    answer: Mapping[str, Found] | ServiceError
    text_bytes: int
    recorded: Span | None


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reading:
    """Calls that read manifests of one repository. `size`: how many a call asks for.
    `leaves_traces`: whether ECR records them."""

    repository: RepositoryId
    memory: RepositoryMemory
    clock: Clock
    size: BatchSize
    leaves_traces: bool

    def read(
        self,
        entries: Sequence[Entry],
        call: Callable[[Sequence[Entry]], Dated[Found]],
        is_enough: Callable[[], bool] = _never,
    ) -> Iterator[Mapping[str, Found] | ServiceError]:
        """What each call found, or why it failed. A call whose size is a guess runs alone.
        After a failure, or once it `is_enough`, no further call begins. A call is remembered before
        it leaves, since one that is cut off changes pull times, too; and when it has ended, with
        the times by which it can be told from others'. Raises ServiceError if nothing can be
        remembered."""
        failures: list[ServiceError] = []

        def batches(part: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
            start = 0
            while start < len(part) and not failures and not is_enough():
                batch = part[start : start + self.size.next()]
                start += len(batch)
                yield batch

        for part in sample(entries) if self.size.is_guess else (entries,):
            for ended in in_parallel(partial(self._timed, call), map(self._begin, batches(part))):
                if isinstance(ended.answer, ServiceError):
                    failures.append(ended.answer)
                else:
                    self.size.learn(len(ended.begun.batch), ended.text_bytes)
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
        answered_at, text_bytes = None, 0
        try:
            answer, answered_at, text_bytes = call(begun.batch)
        except ServiceError as error:
            answer = error
        recorded = recorded_span(begun.at, self.clock(), answered_at)
        return _Ended(begun, answer, text_bytes, recorded)

    def _remember(self, begun: _Begun[Entry], recorded: Span | None) -> None:
        if self.leaves_traces:
            reads = {
                entry.digest: OurRead(begun.at, entry.pulled_at, recorded) for entry in begun.batch
            }
            self.memory.add_our_reads(self.repository, reads)


def open_reading(
    registry: Registry,
    repository: RepositoryId,
    memory: RepositoryMemory,
    clock: Clock,
    size: BatchSize,
) -> Reading:
    return Reading(repository, memory, clock, size, reads_count_as_pulls(registry))


def reads_count_as_pulls(registry: Registry) -> bool:
    """They do, unless the registry says otherwise; being allowed to ask it is not needed."""
    try:
        return registry.records_our_pulls()
    except ServiceError:
        return True
