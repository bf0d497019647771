"""Pauses everything: no plan begins to be carried out anywhere until somebody resumes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import EventDetail, PausedBefore, PausedFor, RefusedFor
from bot.core.authority import Person, Refused, may_pause
from bot.core.decision_reasons import PausedAlready
from bot.core.errors import RefusedError, RequestError
from bot.core.records import Event, EventName, Pause
from bot.ports import Clock
from bot.usecases.reasons import one_line

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Pauser:
    """`rules`: those of no repository in particular."""

    store: "Store"
    clock: Clock
    rules: ApprovalRules

    def pause(self, person: Person, why: str) -> Pause:
        """What is being carried out goes on; `why` may be empty. Raises RequestError for whoever
        may not, or comes too late."""
        self._expect_may(person)
        pause = Pause(person.name, self.clock(), one_line(why))
        detail = PausedFor(pause.by, pause.at, pause.why)
        if not self.store.set_pause(pause, self._event(EventName.PAUSED, person, detail)):
            raise _why_not(self.store.pause())
        return pause

    def resume(self, person: Person) -> Pause:
        """The pause that is over now. Raises RequestError for whoever may not, or if there was
        none."""
        self._expect_may(person)
        pause = self.store.pause()
        if pause:
            event = self._event(EventName.RESUMED, person, PausedBefore(pause.by))
            if self.store.set_pause(None, event):
                return pause
        raise RequestError("ecr-clean is not paused")

    def _expect_may(self, person: Person) -> None:
        decision = may_pause(person, self.rules)
        if isinstance(decision, Refused):
            self.store.record(self._event(EventName.REFUSED, person, RefusedFor(decision.reason)))
            raise RefusedError(decision.reason)

    def _event(self, name: EventName, person: Person, detail: EventDetail) -> Event:
        return Event(self.clock(), name, person.name, detail)


def _why_not(known: Pause | None) -> RequestError:
    already = RefusedError(PausedAlready(known.by, known.at, known.why)) if known else None
    return already or RequestError("Somebody has just resumed ecr-clean")
