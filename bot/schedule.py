"""What happens by itself: plans begin, runs are recovered, plans and pins run out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.ports import Clock
from bot.usecases.deletion.start import IsGone, Work, find_work
from bot.usecases.proposals import expire

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Sweep:
    """`take` gets what there is to carry out, again and again as long as it is there: it sorts out
    what it has begun already."""

    store: "Store"
    clock: Clock
    is_gone: IsGone
    take: Callable[[Work], None]

    def __call__(self) -> None:
        """Raises ServiceError if the database fails; the next sweep does what this one did not."""
        now = self.clock()
        expire(self.store, now)
        self.take(find_work(self.store, now, self.is_gone))
