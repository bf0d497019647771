"""A stored plan, ready to be printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.plan import Plan
from bot.core.records import Item, PlanRecord

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """Its items and its content are read when they are asked for. `required`: how many people
    must approve it."""

    record: PlanRecord
    store: "Store"
    required: int

    @property
    def items(self) -> Sequence[Item]:
        return self.store.items(self.record.id, self.record.version)

    @property
    def content(self) -> Plan:
        return self.store.content(self.record.id, self.record.version)
