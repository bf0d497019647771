"""Not this time: ends a plan that was proposed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import NotThisTime
from bot.core.authority import Person, may_dismiss
from bot.core.records import EventName, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.transitions import Step, dismissed
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.deed import Deed
from bot.usecases.find_plan import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Dismisser:
    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def dismiss(self, id_: str, person: Person, version: int | None = None) -> PlanRecord:
        """`version`: the one that they saw, None if they mean whichever there is. Raises
        RequestError, with the reason, for whoever may not, or comes too late."""
        while True:
            now = self.clock()
            before = find_plan(self.store, id_, now)
            deed = Deed(person, now, before.repository, before)
            deed.expect(may_dismiss(person, self.rules_of(before.repository)), self.store)
            deed.expect_step(Step.DISMISS, self.store)
            deed.expect_version(version, self.store)
            event = deed.event(EventName.DISMISSED, NotThisTime())
            after = dismissed(before)
            if self.store.commit(Change((event,), before, after)):
                return after
