"""Proposes plans, finds them, and ends them when they expire.

A repository has at most one open plan. New content makes its next version.
"""

import re
from collections.abc import Callable, Collection, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from bot.core.audit_details import (
    ImagesKeptByPins,
    PinDetail,
    PlanExpired,
    PlanFoundUnchanged,
    PlanProposed,
)
from bot.core.errors import HintedError, PlanReplacedError
from bot.core.hints import DidYouMean, ListPlans
from bot.core.permissions import Person
from bot.core.pins import Pin
from bot.core.plan import OPEN, Plan, PlanState, content_hash, with_pins
from bot.core.plan_transitions import (
    PlanStep,
    allows,
    expired,
    extended,
    is_expired,
    proposed,
    with_new_content,
)
from bot.core.records import (
    BOT_ACTOR,
    AuditEvent,
    AuditEventName,
    LastScan,
    PlanRecord,
    RepositoryPin,
    StoreChange,
    automatic_event,
)
from bot.core.repository import RepositoryId
from bot.core.verdict_reasons import Pinned
from bot.ports import Clock, PriceOf
from bot.usecases.audit import AuditedRepositoryAction
from bot.usecases.costs import record_storage
from bot.usecases.planning import Planned, Planner
from bot.usecases.repositories import FoundRepository
from bot.usecases.usage_history import record_past_tags

if TYPE_CHECKING:
    from bot.store.store import Store


_ID = re.compile(r"\w+", re.ASCII)
"""IDs have only these characters. A database may refuse other ones."""


class PlanVersion(NamedTuple):
    """A plan with the content of its newest version."""

    record: PlanRecord
    content: Plan


class PlanTerms(NamedTuple):
    """Settings that apply to every version: the price of storage, and how long a version is
    open."""

    price_of: PriceOf
    expires_after: timedelta

    def usd_per_gb_month(self, repository: RepositoryId) -> float:
        return self.price_of(repository.registry.region).usd


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stored plan. `is_new`: this version was not stored before."""

    record: PlanRecord
    content: Plan
    is_new: bool


@dataclass(frozen=True, slots=True)
class Proposer:
    """Plans the cleanup of repositories and stores the plans. `new_id` makes the ID of a plan;
    `person` requests the plan."""

    store: "Store"
    planner: Planner
    clock: Clock
    new_id: Callable[[], str]
    terms: PlanTerms
    person: Person

    def propose(self, found: FoundRepository) -> Proposal:
        """A proposed plan with other content gets its next version. An open plan with the same
        content is not changed, and neither is an approved or executing plan.

        Raises what planning and the store raise."""
        planned = self.planner.plan(found)
        proposal = self._stored(planned)
        self.store.save_tag_scan(found.repository, planned.tags)
        record_past_tags(self.store, planned.inputs.usage.by_past_tag, planned.scanned_at)
        if proposal.is_new or _is_unchanged(proposal.record, planned):
            self._remember_scan(proposal.record, planned)
        record_storage(self.store, planned)
        return proposal

    def _remember_scan(self, plan: PlanRecord, planned: Planned) -> None:
        """Ignores a scan that did not see all of the plan's images, since totals later subtract the
        plan's freed bytes from `stored_bytes`."""
        scan = LastScan(plan, planned.scanned_at, planned.plan.savings.stored_bytes)
        self.store.save_scan(plan.repository, scan)

    def _stored(self, planned: Planned) -> Proposal:
        """Stores the plan with pins that were made during planning. If a plan is open, each later
        pin changes it, and this starts again."""
        repository = planned.plan.repository
        while True:
            now = self.clock()
            before = find_open_plan(self.store, repository, now)
            if before and _stays_valid(before, planned):
                with suppress(PlanReplacedError):
                    content = self.store.content(before.id, before.version)
                    return Proposal(before, content, is_new=False)
                continue
            pins = self.store.pins(repository.uri)
            content = self._with_new_pins(planned, pins, now)
            after = self._next(before, content, now)
            action = AuditedRepositoryAction(self.store, self.person, now, repository, after)
            event = action.event(AuditEventName.PROPOSED, _counts(after))
            if self.store.commit(StoreChange((event,), before, after, content)):
                return self._caught_up(Proposal(after, content, is_new=True), pins)

    def _with_new_pins(
        self, planned: Planned, pins: Sequence[RepositoryPin], now: datetime
    ) -> Plan:
        new = [each.pin for each in pins if each not in planned.pins]
        usd = self.terms.usd_per_gb_month(planned.plan.repository)
        return with_pins(planned.plan, new, now, usd)

    def _next(self, before: PlanRecord | None, content: Plan, now: datetime) -> PlanRecord:
        expires_at = now + self.terms.expires_after
        if before:
            return with_new_content(before, content, now, expires_at)
        return proposed(self.new_id(), content, now, expires_at)

    def _caught_up(self, proposal: Proposal, known: Sequence[RepositoryPin]) -> Proposal:
        repository = proposal.content.repository
        if self.store.pins(repository.uri) == known:
            return proposal
        found = catch_up(self.store, self.clock, repository, self.person, self.terms)
        if found is None or found.record.id != proposal.record.id:
            return proposal
        return Proposal(found.record, found.content, is_new=True)


def catch_up(
    store: "Store", clock: Clock, repository: RepositoryId, person: Person, terms: PlanTerms
) -> PlanVersion | None:
    """Gives the open plan its next version if pins were made while it was planned. Returns the open
    plan."""
    while True:
        now = clock()
        found = find_open_version(store, repository, now)
        if found is None or not allows(found.record.state, PlanStep.NEW_VERSION):
            return found
        before, content = found
        pins = [each.pin for each in store.pins(repository.uri)]
        action = AuditedRepositoryAction(store, person, now, repository, before)
        change = next_version(action, content, pins, terms)
        if change.content == content:
            return found
        if store.commit(change):
            return version_of(change)


def next_version(
    action: AuditedRepositoryAction, content: Plan, pins: Sequence[Pin], terms: PlanTerms
) -> StoreChange:
    """The change to the action's plan: its next version is this content with these pins."""
    assert action.plan is not None
    pinned = with_pins(content, pins, action.at, terms.usd_per_gb_month(content.repository))
    after = with_new_content(action.plan, pinned, action.at, action.at + terms.expires_after)
    deleted = len(content.delete)
    names = _pins_that_keep({*content.delete} - {*pinned.delete}, pinned)
    detail = ImagesKeptByPins(deleted - len(pinned.delete), deleted, names)
    event = replace(action, plan=after).event(AuditEventName.PROPOSED, detail)
    return StoreChange((event,), action.plan, after, pinned)


def _pins_that_keep(digests: Collection[str], content: Plan) -> tuple[str, ...]:
    reasons = chain.from_iterable(
        judged.reasons for judged in content.judged if judged.manifest.digest in digests
    )
    return tuple(dict.fromkeys(each.pin.pin for each in reasons if isinstance(each, Pinned)))


def version_of(change: StoreChange) -> PlanVersion | None:
    """The version that the change makes, if it makes one."""
    if change.after and change.content:
        return PlanVersion(change.after, change.content)
    return None


def find_plan(store: "Store", id_: str, now: datetime) -> PlanRecord:
    """Ends the plan first if it has expired. Raises RequestError if there is none."""
    is_id = _ID.fullmatch(id_) is not None
    while plan := store.plan(id_) if is_id else None:
        if not is_expired(plan, now):
            return plan
        store.commit(expiry(plan, now))
    known = [plan.id for plan in store.open_plans()]
    close = get_close_matches(id_, known, n=1)
    unknown = f"No plan {id_ if is_id else repr(id_)}"
    raise HintedError(unknown, DidYouMean(close[0]) if close else ListPlans())


def find_open_plan(store: "Store", repository: RepositoryId, now: datetime) -> PlanRecord | None:
    """Ends the plan first if it has expired, and then finds none."""
    plan = store.open_plan(repository)
    while plan and is_expired(plan, now):
        store.commit(expiry(plan, now))
        plan = store.open_plan(repository)
    return plan


def find_open_version(
    store: "Store", repository: RepositoryId, now: datetime, states: Container[PlanState] = OPEN
) -> PlanVersion | None:
    """The open plan with its content, if it is in one of these states. If a newer version replaces
    it while it is read, returns the newer one."""
    while (plan := find_open_plan(store, repository, now)) and plan.state in states:
        with suppress(PlanReplacedError):
            return PlanVersion(plan, store.content(plan.id, plan.version))
    return None


def keep_proposal_open(
    store: "Store", proposal: Proposal, expires_after: timedelta, now: datetime
) -> Proposal:
    """Gives an unchanged plan that is posted again the lifetime of a new plan."""
    if proposal.is_new:
        return proposal
    kept = keep_open(store, proposal.record, now + expires_after, now)
    return replace(proposal, record=kept)


def keep_open(store: "Store", plan: PlanRecord, until: datetime, now: datetime) -> PlanRecord:
    """Moves the plan's expiry, and returns the stored plan. Does not change plans that a person has
    approved or dismissed, so an approval counts at most as long as one version is open."""
    while _has_no_approval(plan) and plan.expires_at < until:
        after = extended(plan, until)
        event = automatic_event(plan, now, AuditEventName.PROPOSED, PlanFoundUnchanged(until))
        if store.commit(StoreChange((event,), plan, after)):
            return after
        found = store.plan(plan.id)
        assert found, "plans are never removed"
        plan = found
    return plan


def expire(store: "Store", now: datetime) -> None:
    """Ends expired plans and pins, each once. Several processes may call it at the same time."""
    for plan in store.plans_to_expire(now):
        store.commit(expiry(plan, now))
    for pin in store.expired_pins(now):
        store.commit(_pin_expiry(pin, now))


def expiry(plan: PlanRecord, now: datetime) -> StoreChange:
    event = automatic_event(plan, now, AuditEventName.EXPIRED, PlanExpired(plan.expires_at))
    return StoreChange((event,), plan, expired(plan, now))


def _pin_expiry(pin: RepositoryPin, now: datetime) -> StoreChange:
    event = AuditEvent(
        at=now,
        event=AuditEventName.PIN_EXPIRED,
        by=BOT_ACTOR,
        detail=PinDetail(pin.pin),
        repository=pin.repository,
    )
    return StoreChange((event,), pins_removed=(pin,))


def _has_no_approval(plan: PlanRecord) -> bool:
    return plan.state is PlanState.PROPOSED and not plan.current_approvals


def _stays_valid(before: PlanRecord, planned: Planned) -> bool:
    """Whether the open plan remains as it is. A plan that was proposed after this scan is based on
    newer data."""
    if before.state is not PlanState.PROPOSED or before.proposed_at > planned.scanned_at:
        return True
    return _is_unchanged(before, planned)


def _is_unchanged(plan: PlanRecord, planned: Planned) -> bool:
    return plan.hash == content_hash(planned.plan)


def _counts(plan: PlanRecord) -> PlanProposed:
    return PlanProposed(plan.deletions, plan.manifests, plan.complete)
