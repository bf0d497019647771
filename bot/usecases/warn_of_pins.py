"""Tells people that a pin of theirs runs out, while they can still keep it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.core.errors import ServiceError
from bot.core.records import RepositoryPin
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
        failure: ServiceError | None = None
        for pin in self.store.pins_to_warn_of(self.clock() + AHEAD):
            if self._is_news(pin) and self.store.mark_warned(pin, self.clock()):
                try:
                    self.tell(pin)
                except ServiceError as error:
                    self.store.mark_warned(pin, None)
                    failure = failure or error
        if failure:
            raise failure

    def _is_news(self, pin: RepositoryPin) -> bool:
        """Whoever made one for less than that knows; what is over is told by nobody."""
        until = pin.pin.until
        return until is not None and pin.made_at < until - AHEAD and self.clock() < until
