"""What there is to carry out, and what somebody else has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord, Run, Worker
from bot.core.transitions import is_due

if TYPE_CHECKING:
    from bot.store.store import Store


IsGone = Callable[[Worker], bool]
"""Whether it is certain that a process is no more: False where nobody can tell from here."""


class Begun(NamedTuple):
    """A plan that is being carried out."""

    plan: PlanRecord
    run: Run


@dataclass(frozen=True, slots=True)
class Work:
    """`due`: approved, and their undo window is over; none while everything is paused. `left`:
    whoever had them is gone, or has not renewed the lease. `held`: somebody carries them out, as
    far as anybody can tell."""

    due: Sequence[PlanRecord]
    left: Sequence[Begun]
    held: Sequence[Begun]


def find_work(store: "Store", now: datetime, is_gone: IsGone) -> Work:
    plans = store.approved_plans()
    executing = (plan for plan in plans if plan.state is PlanState.EXECUTING)
    begun = [Begun(plan, run) for plan in executing if (run := store.run(plan.id))]
    held = [each for each in begun if now < each.run.leased_until and not is_gone(each.run.worker)]
    return Work(
        due=[] if store.pause() else [plan for plan in plans if is_due(plan, now)],
        left=[each for each in begun if each not in held],
        held=held,
    )
