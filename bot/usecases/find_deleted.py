"""What became of a manifest that is gone, because the bot deleted it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.naming import is_called
from bot.core.plan_state import PlanState
from bot.core.records import Item, Outcome, PlanRecord
from bot.core.repository import RepositoryId

if TYPE_CHECKING:
    from bot.store.store import Store


PLANS_LOOKED_THROUGH = 100
"""Of one repository, last proposed first."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """`plan` deleted it."""

    plan: PlanRecord
    item: Item


def find_deleted(store: "Store", repository: RepositoryId, reference: str) -> Deleted | None:
    """`reference`: a tag that it had, its digest, or the beginning of that. Of several the one that
    was deleted last."""
    for plan in _carried_out(store, repository):
        for item in store.items(plan.id, plan.version):
            was_deleted = item.outcome is Outcome.DELETED
            if was_deleted and is_called(reference, item.digest, item.tags):
                return Deleted(plan, item)
    return None


def _carried_out(store: "Store", repository: RepositoryId) -> Iterator[PlanRecord]:
    """Wholly or in part."""
    open_plan = store.open_plan(repository)
    if open_plan and open_plan.state is PlanState.EXECUTING:
        yield open_plan
    yield from store.carried_out_plans(PLANS_LOOKED_THROUGH, repository)
