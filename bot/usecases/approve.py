"""One person approves one version of a plan."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import ApprovalCounts
from bot.core.authority import Decision, Granted, Person, Refused, may_approve
from bot.core.person_reasons import Grant
from bot.core.plan_state import PlanState
from bot.core.records import Approval, EventName, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.transitions import approved
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.deed import Deed
from bot.usecases.find_plan import find_plan

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person did when they said yes. `version`: the one they saw; `channel`: where, None
    outside Slack; `typed`: what they typed to confirm, None if nobody asked."""

    version: int
    channel: str | None = None
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Approver:
    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]
    undo_window: timedelta

    def lacks_nothing_but_the_name(
        self, plan: PlanRecord, person: Person, consent: Consent
    ) -> bool:
        """Whether it is worth asking the person to type the repository's name."""
        typed = replace(consent, typed=plan.repository.name)
        return isinstance(self._decide(plan, person, consent), Refused) and isinstance(
            self._decide(plan, person, typed), Granted
        )

    def approve(self, id_: str, person: Person, consent: Consent) -> PlanRecord:
        """The plan as it is then: approved, or proposed as long as others have to approve, too.
        Raises RequestError, with the reason, for whoever may not, or comes too late."""
        while True:
            now = self.clock()
            before = find_plan(self.store, id_, now)
            deed = Deed(person, now, before.repository, before)
            grant = deed.expect(self._decide(before, person, consent), self.store)
            required = self.rules_of(before.repository).required
            approval = Approval(person.name, deed.at, before.version, before.hash)
            after = approved(before, approval, required, self.undo_window)
            detail = _detail(grant, after, required)
            event = deed.event(EventName.APPROVED, detail)
            if self.store.commit(Change((event,), before, after)):
                return after

    def _decide(self, plan: PlanRecord, person: Person, consent: Consent) -> Decision:
        return may_approve(
            person,
            plan,
            self.rules_of(plan.repository),
            version=consent.version,
            channel=consent.channel,
            typed=consent.typed,
        )


def _detail(grant: Grant, after: PlanRecord, required: int) -> ApprovalCounts:
    begins_at = after.execute_after if after.state is PlanState.APPROVED else None
    return ApprovalCounts(grant, len(after.current_approvals), required, begins_at)
