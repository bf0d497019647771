"""Tells people that a pin of theirs runs out, while they can still keep it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.core.errors import ServiceError
from bot.core.records import RepositoryPin
from bot.parallel import each_for_itself
from bot.ports import Clock, Warnings

AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warner:
    """`tell` raises ServiceError if nobody could be told just now."""

    store: Warnings
    clock: Clock
    tell: Callable[[RepositoryPin], None]

    def warn(self) -> None:
        """Of each once, whoever else does the same. What could not be told is told next time; one
        that fails keeps none of the others back. Raises ServiceError in the end."""
        pins = filter(self._is_news, self.store.pins_to_warn_of(self.clock() + AHEAD))
        each_for_itself(partial(self._warn_of, pin) for pin in pins)

    def _warn_of(self, pin: RepositoryPin) -> None:
        if self.store.mark_warned(pin, self.clock()):
            try:
                self.tell(pin)
            except ServiceError:
                self.store.mark_warned(pin, None)
                raise

    def _is_news(self, pin: RepositoryPin) -> bool:
        """Whoever made one for less than that knows; what is over is told by nobody."""
        until = pin.pin.until
        return until is not None and pin.made_at < until - AHEAD and self.clock() < until
