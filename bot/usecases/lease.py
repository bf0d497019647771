"""A worker's hold on a run: only who has it may delete."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.errors import ServiceError
from bot.core.records import Run
from bot.parallel import meanwhile
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.store.store import Store

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

    store: "Store"
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

    def kept(self) -> AbstractContextManager[None]:
        """Renewed from time to time, since a scan of usage may take longer than it lasts. What goes
        wrong there, whoever wants to delete next finds out by `hold`."""
        return meanwhile(self.hold, self.beat, ignoring=(ServiceError, RunLostError))
