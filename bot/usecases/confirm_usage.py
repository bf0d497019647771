"""Accepts a drop in a source's usage: somebody confirms the number of workloads."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Person, may_confirm_usage
from bot.core.errors import RequestError
from bot.core.records import Event, EventName
from bot.core.result_reasons import Sentence
from bot.core.words import moment
from bot.ports import Doubted, Store, UsageMemory


@dataclass(frozen=True, slots=True)
class Witness:
    """The person who confirms. `rules` are those that concern all repositories; the audit is in
    `store`."""

    store: Store
    person: Person
    rules: ApprovalRules
    at: datetime

    def event(self, detail: str) -> Event:
        return Event(self.at, EventName.CONFIRMED_USAGE, self.person.name, Sentence(detail))

    def refuse(self, why: str) -> None:
        self.store.record(Event(self.at, EventName.REFUSED, self.person.name, Sentence(why)))


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
            raise RequestError(why_not)
        event = witness.event(_detail(doubted)) if witness else None
        if memory.confirm(doubted, event):
            return doubted


def figures(doubted: Doubted) -> str:
    """What a source lists now, and what it listed before."""
    return (
        f"{doubted.source} lists {doubted.listed.workloads:,} workloads in {doubted.scope} (seen "
        f"{moment(doubted.listed.at)}), where it listed {doubted.before.workloads:,} before (seen "
        f"{moment(doubted.before.at)})"
    )


def _why_not(doubted: Doubted, workloads: int, witness: Witness | None) -> str | None:
    if witness:
        decision = may_confirm_usage(witness.person, witness.rules)
        if not decision.granted:
            return decision.reason
    if workloads != doubted.listed.workloads:
        return f"{workloads:,} workloads is not what is true now: {figures(doubted)}"
    return None


def _detail(doubted: Doubted) -> str:
    return f"it is right that {figures(doubted)}"
