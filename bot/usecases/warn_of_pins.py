"""Tells people that a pin of theirs runs out, while they can still keep it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.core.errors import ServiceError
from bot.core.records import RepositoryPin
from bot.parallel import each_for_itself
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.store.store import Store

AHEAD = timedelta(days=1)

AT_A_TIME = 5
"""Messages: other news is to find room."""


@dataclass(frozen=True, slots=True)
class Warner:
    """`tell` gets pins of one person in one repository, and raises ServiceError if nobody could be
    told just now."""

    store: "Store"
    clock: Clock
    tell: Callable[[Sequence[RepositoryPin]], None]

    def warn(self) -> None:
        """Of each once, whoever else does the same; a few people at a time. What could not be told
        is told next time; one that fails keeps none of the others back. Raises ServiceError in the
        end."""
        pins = filter(self._is_news, self.store.pins_to_warn_of(self.clock() + AHEAD))
        groups = [list(group) for _, group in groupby(sorted(pins, key=_whose), key=_whose)]
        each_for_itself(partial(self._warn_of, group) for group in groups[:AT_A_TIME])

    def _warn_of(self, pins: Sequence[RepositoryPin]) -> None:
        ours = [pin for pin in pins if self.store.mark_warned(pin, self.clock())]
        if not ours:
            return
        try:
            self.tell(ours)
        except ServiceError:
            for pin in ours:
                self.store.mark_warned(pin, None)
            raise

    def _is_news(self, pin: RepositoryPin) -> bool:
        """Whoever made one for less than that knows; what is over is told by nobody."""
        until = pin.pin.until
        return until is not None and pin.made_at < until - AHEAD and self.clock() < until


def _whose(pin: RepositoryPin) -> tuple[str, str]:
    return pin.repository, pin.pin.by
