"""Stops a plan: before it begins, or while it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import StoppedBeforeStart, StopsAfterBatches
from bot.core.authority import Person, may_stop
from bot.core.plan_state import PlanState
from bot.core.records import EventName, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.transitions import Step, asked_to_stop, called_back
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.deed import Deed
from bot.usecases.find_plan import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Stopper:
    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def stop(self, id_: str, person: Person) -> PlanRecord:
        """In its undo window a plan is proposed again, without approvals. While it is carried out,
        whoever does so ends after the batches in flight: the plan is executing still.

        Raises RequestError, with the reason, for whoever may not, or comes too early or too late.
        """
        while True:
            now = self.clock()
            before = find_plan(self.store, id_, now)
            deed = Deed(person, now, before.repository, before)
            deed.expect(may_stop(person, self.rules_of(before.repository)), self.store)
            if before.state is PlanState.EXECUTING:
                after = asked_to_stop(before, person.name)
                event = deed.event(EventName.STOP_ASKED, StopsAfterBatches())
            else:
                deed.expect_step(Step.CALL_BACK, self.store)
                after = called_back(before)
                event = deed.event(EventName.STOPPED, StoppedBeforeStart())
            if self.store.commit(Change((event,), before, after)):
                return after
