"""A change: writes that land together. Use cases make it, the store commits it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.plan import Plan
from bot.core.records import Event, PinRemoval, PlanRecord, RepositoryPin, Run


@dataclass(frozen=True, slots=True)
class Change:
    """Writes that land together or not at all.

    `before`: the record of a plan as it was read; `after`: the record that replaces it. Without
    `before`, `after` is a new plan. `content`: required with every new version. `pins_removed`: as
    they were read. To replace a pin by another of the same text, add one and remove the other.
    `removals` stay known after the pins are gone. `run_before`: a run as it was read; `run`: the
    one that replaces it. Without `run_before`, `run` is a new run.
    """

    events: Sequence[Event]
    before: PlanRecord | None = None
    after: PlanRecord | None = None
    content: Plan | None = None
    pins_added: Sequence[RepositoryPin] = ()
    pins_removed: Sequence[RepositoryPin] = ()
    removals: Sequence[PinRemoval] = ()
    run_before: Run | None = None
    run: Run | None = None
