"""What is being deleted just now."""

from collections.abc import Sequence

from bot.core.plan_state import PlanState
from bot.slack.blocks.status import UnderWay
from bot.store.store import Store


def under_way(store: Store) -> Sequence[UnderWay]:
    executing = (plan for plan in store.open_plans() if plan.state is PlanState.EXECUTING)
    return [
        UnderWay(plan, store.tally(plan.id, plan.version, most_told=0).counts) for plan in executing
    ]
