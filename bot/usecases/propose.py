"""Plans a cleanup and remembers the plan, so that people can look at it and decide."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.audit_details import PlanProposed
from bot.core.authority import Person
from bot.core.errors import ReplacedError
from bot.core.next_version import with_pins
from bot.core.plan import Plan
from bot.core.plan_hash import content_hash
from bot.core.plan_state import PlanState
from bot.core.records import EventName, LastLook, PlanRecord, RepositoryPin
from bot.core.transitions import proposed, renewed
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.deed import Deed
from bot.usecases.find_plan import find_open_plan
from bot.usecases.pin import Pinner
from bot.usecases.planning import Planned, Planner
from bot.usecases.repositories import Found

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Proposal:
    """`is_new`: nobody has seen this version before."""

    record: PlanRecord
    content: Plan
    is_new: bool


@dataclass(frozen=True, slots=True)
class Proposer:
    """`new_id` makes the id of a plan, `person` asks for it."""

    store: "Store"
    planner: Planner
    pinner: Pinner
    clock: Clock
    new_id: Callable[[], str]
    expires_after: timedelta
    person: Person

    def propose(self, found: Found) -> Proposal:
        """An open plan with this content stays as it is, and an approved or executing one with any
        content; a proposed one with other content gets its next version. Raises what planning and
        the store raise."""
        planned = self.planner.plan(found)
        proposal = self._remembered(planned)
        self.store.remember_tags(found.repository, planned.tags)
        if proposal.is_new or _is_unchanged(proposal.record, planned):
            self._remember_look(proposal.record, planned)
        return proposal

    def _remember_look(self, plan: PlanRecord, planned: Planned) -> None:
        """What the plan frees later is taken off what was found, so that no look counts that saw
        a part of it gone."""
        look = LastLook(plan, planned.looked_at, planned.plan.savings.stored_bytes)
        self.store.remember_look(plan.repository, look)

    def _remembered(self, planned: Planned) -> Proposal:
        """With the pins that were made while this was planned. Where a plan is open, the next pin
        changes it, so that this is tried again; where none is, `pin` found none to change."""
        repository = planned.plan.repository
        while True:
            now = self.clock()
            before = find_open_plan(self.store, repository, now)
            if before and _stays(before, planned):
                with suppress(ReplacedError):
                    content = self.store.content(before.id, before.version)
                    return Proposal(before, content, is_new=False)
                continue
            pins = self.store.pins(repository.uri)
            content = self._with_new_pins(planned, pins, now)
            after = self._next(before, content, now)
            deed = Deed(self.person, now, repository, after)
            event = deed.event(EventName.PROPOSED, _detail(after))
            if self.store.commit(Change((event,), before, after, content)):
                return self._caught_up(Proposal(after, content, is_new=True), pins)

    def _with_new_pins(
        self, planned: Planned, pins: Sequence[RepositoryPin], now: datetime
    ) -> Plan:
        new = [each.pin for each in pins if each not in planned.pins]
        return with_pins(planned.plan, new, now, self.pinner.usd_per_gb_month)

    def _next(self, before: PlanRecord | None, content: Plan, now: datetime) -> PlanRecord:
        expires_at = now + self.expires_after
        if before:
            return renewed(before, content, now, expires_at)
        return proposed(self.new_id(), content, now, expires_at)

    def _caught_up(self, proposal: Proposal, known: Sequence[RepositoryPin]) -> Proposal:
        repository = proposal.content.repository
        if self.store.pins(repository.uri) == known:
            return proposal
        found = self.pinner.catch_up(repository, self.person)
        if found is None or found.record.id != proposal.record.id:
            return proposal
        return Proposal(found.record, found.content, is_new=True)


def _stays(before: PlanRecord, planned: Planned) -> bool:
    """What was proposed since this was looked at knows more."""
    if before.state is not PlanState.PROPOSED or before.proposed_at > planned.looked_at:
        return True
    return _is_unchanged(before, planned)


def _is_unchanged(plan: PlanRecord, planned: Planned) -> bool:
    return plan.hash == content_hash(planned.plan)


def _detail(plan: PlanRecord) -> PlanProposed:
    return PlanProposed(plan.deletions, plan.manifests, plan.complete)
