"""Takes somebody's word that it is right that a source lists so little."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.authority import Person
from bot.core.errors import RequestError
from bot.core.records import Event, EventName
from bot.core.words import moment
from bot.ports import Listed, Store, UsageMemory


@dataclass(frozen=True, slots=True)
class Witness:
    """Writes into the audit whose word it was."""

    store: Store
    person: Person
    at: datetime

    def record(self, source: str, scope: str, listed: Listed) -> None:
        detail = (
            f"it is right that {source} lists {listed.workloads:,} workloads in {scope}, as seen "
            f"at {moment(listed.at)}"
        )
        event = Event(self.at, EventName.CONFIRMED_USAGE, self.person.name, detail)
        self.store.record(event)


def confirm_usage(
    memory: UsageMemory, source: str, scope: str, witness: Witness | None = None
) -> Listed:
    """What is believed from now on. `witness` None: no audit is kept here. Raises RequestError if
    nothing is in doubt there."""
    confirmed = memory.confirm(source, scope)
    if confirmed is None:
        raise RequestError(
            f"Nothing that {source} lists in {scope!r} is in doubt: {_in_doubt(memory)}"
        )
    if witness:
        witness.record(source, scope, confirmed)
    return confirmed


def _in_doubt(memory: UsageMemory) -> str:
    doubted = ", ".join(f"{source} {scope!r}" for source, scope in memory.doubted())
    if not doubted:
        return "there is nothing to confirm at all, now that every source lists what it should"
    return f"only these can be confirmed: {doubted}"
