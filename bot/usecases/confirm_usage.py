"""Accepts a drop in a source's usage: somebody confirms the number of workloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import RefusedFor, UsageIsRight
from bot.core.authority import Person, Refused, may_confirm_usage
from bot.core.decision_reasons import OtherNumber, Refusal, UsageFigures
from bot.core.errors import RefusedError, RequestError
from bot.core.records import Event, EventName
from bot.ports import Doubted, UsageMemory

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Witness:
    """The person who confirms. `rules` are those that concern all repositories; the audit is in
    `store`."""

    store: "Store"
    person: Person
    rules: ApprovalRules
    at: datetime

    def event(self, figures: UsageFigures) -> Event:
        detail = UsageIsRight(figures)
        return Event(self.at, EventName.CONFIRMED_USAGE, self.person.name, detail)

    def refuse(self, why: Refusal) -> None:
        self.store.record(Event(self.at, EventName.REFUSED, self.person.name, RefusedFor(why)))


def find_doubted(memory: UsageMemory, source: str, scope: str) -> Doubted:
    """What may be confirmed there now. Raises RequestError if nothing is in doubt there."""
    doubted = memory.doubted()
    found = next((each for each in doubted if (each.source, each.scope) == (source, scope)), None)
    if found is None:
        known = ", ".join(f"{each.source} {each.scope!r}" for each in doubted)
        others = (
            f"only these can be confirmed: {known}"
            if known
            else "there is nothing to confirm at all, now that every source lists what it should"
        )
        raise RequestError(f"Nothing that {source} lists in {scope!r} is in doubt: {others}")
    return found


def confirm_usage(
    memory: UsageMemory, source: str, scope: str, workloads: int, witness: Witness | None = None
) -> Doubted:
    """What is believed from now on. `workloads`: the number that the person saw. `witness` None:
    there is no audit here.

    Raises RequestError if nothing is in doubt there; and, with an event in the audit, if the person
    may not, or saw another number than what is true now.
    """
    while True:
        doubted = find_doubted(memory, source, scope)
        if why_not := _why_not(doubted, workloads, witness):
            if witness:
                witness.refuse(why_not)
            raise RefusedError(why_not)
        event = witness.event(figures(doubted)) if witness else None
        if memory.confirm(doubted, event):
            return doubted


def figures(doubted: Doubted) -> UsageFigures:
    """What a source lists now, and what it listed before."""
    return UsageFigures(
        source=doubted.source,
        scope=doubted.scope,
        workloads=doubted.listed.workloads,
        at=doubted.listed.at,
        before=doubted.before.workloads,
        before_at=doubted.before.at,
    )


def _why_not(doubted: Doubted, workloads: int, witness: Witness | None) -> Refusal | None:
    if witness:
        decision = may_confirm_usage(witness.person, witness.rules)
        if isinstance(decision, Refused):
            return decision.reason
    if workloads != doubted.listed.workloads:
        return OtherNumber(workloads, figures(doubted))
    return None
