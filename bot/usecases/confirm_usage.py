"""Takes somebody's word that it is right that a source lists so little."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Person, may_confirm_usage
from bot.core.errors import RequestError
from bot.core.records import Event, EventName
from bot.ports import Listed, Store, UsageMemory


@dataclass(frozen=True, slots=True)
class Witness:
    """Knows whose word counts, and writes into the audit whose it was."""

    store: Store
    person: Person
    rules: ApprovalRules
    at: datetime

    def record(self, source: str, scope: str) -> None:
        """Raises RequestError, which the audit remembers, if their word does not count."""
        decision = may_confirm_usage(self.person, self.rules)
        if not decision.granted:
            self._record(EventName.REFUSED, decision.reason)
            raise RequestError(decision.reason)
        self._record(
            EventName.CONFIRMED_USAGE, f"it is right that {source} lists so little in {scope}"
        )

    def _record(self, name: EventName, detail: str) -> None:
        self.store.record(Event(self.at, name, self.person.name, detail))


def confirm_usage(
    memory: UsageMemory, source: str, scope: str, witness: Witness | None = None
) -> Listed:
    """What is believed from now on. `witness` None: no audit is kept here. Raises RequestError if
    nothing is in doubt there. The audit comes first, so that nothing is believed without it."""
    if witness and (source, scope) in memory.doubted():
        witness.record(source, scope)
    confirmed = memory.confirm(source, scope)
    if confirmed is None:
        raise RequestError(
            f"Nothing that {source} lists in {scope!r} is in doubt: {_in_doubt(memory)}"
        )
    return confirmed


def _in_doubt(memory: UsageMemory) -> str:
    doubted = ", ".join(f"{source} {scope!r}" for source, scope in memory.doubted())
    if not doubted:
        return "there is nothing to confirm at all, now that every source lists what it should"
    return f"only these can be confirmed: {doubted}"
