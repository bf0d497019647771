"""A worker's hold on a run: only who has it may delete."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from bot.core.errors import ServiceError
from bot.core.records import Run
from bot.ports import Clock, RunStore

LENGTH = timedelta(seconds=90)
"""Longer than any call that deletes can take, so that whoever takes the run over after it finds no
call under way."""

MARGIN = timedelta(seconds=30)
"""Before its end nothing is sent any more: clocks of two machines may differ by as much."""

BEAT = timedelta(seconds=20)


class RunLostError(Exception):
    """Somebody else took the run over, and goes on with it."""


@dataclass(slots=True)
class Lease:
    """May be used by several threads. `beat`: how often it is renewed while long work goes on."""

    store: RunStore
    run: Run
    clock: Clock
    beat: timedelta = BEAT
    _until: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.run.leased_until

    def hold(self) -> None:
        """Renews it. Raises RunLostError if it is lost, ServiceError if nobody can tell."""
        until = self.clock() + LENGTH
        if not self.store.renew_run(self.run, until):
            raise RunLostError
        self._until = until

    def release(self) -> None:
        """Anybody may take the run over at once."""
        self.store.release_run(self.run, self.clock())

    def is_sure(self) -> bool:
        """Whether nobody else can have it by now: a process that was frozen after `hold` learns it
        here, without asking anybody."""
        return self.clock() < self._until - MARGIN

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renewed from time to time, since a scan of usage may take longer than it lasts."""
        over = Event()
        thread = Thread(target=self._keep, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _keep(self, over: Event) -> None:
        """What goes wrong here, whoever wants to delete next finds out by `hold`."""
        while not over.wait(self.beat.total_seconds()):
            with suppress(ServiceError, RunLostError):
                self.hold()
