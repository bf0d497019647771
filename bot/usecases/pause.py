"""Pauses everything: no plan begins to be carried out anywhere until somebody resumes."""

from dataclasses import dataclass

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Person, may_pause
from bot.core.errors import RequestError
from bot.core.records import Event, EventName, Pause
from bot.core.result_reasons import Sentence
from bot.ports import Clock, Store
from bot.usecases.reasons import one_line


@dataclass(frozen=True, slots=True)
class Pauser:
    """`rules`: those of no repository in particular."""

    store: Store
    clock: Clock
    rules: ApprovalRules

    def pause(self, person: Person, why: str) -> Pause:
        """What is being carried out goes on; `why` may be empty. Raises RequestError for whoever
        may not, or comes too late."""
        self._expect_may(person)
        pause = Pause(person.name, self.clock(), one_line(why))
        if not self.store.set_pause(pause, self._event(EventName.PAUSED, person, pause.words)):
            known = self.store.pause()
            raise RequestError(known.words if known else "Somebody has just resumed ecr-clean")
        return pause

    def resume(self, person: Person) -> Pause:
        """The pause that is over now. Raises RequestError for whoever may not, or if there was
        none."""
        self._expect_may(person)
        pause = self.store.pause()
        if pause:
            detail = f"paused by {pause.by} before"
            if self.store.set_pause(None, self._event(EventName.RESUMED, person, detail)):
                return pause
        raise RequestError("ecr-clean is not paused")

    def _expect_may(self, person: Person) -> None:
        decision = may_pause(person, self.rules)
        if not decision.granted:
            self.store.record(self._event(EventName.REFUSED, person, decision.reason))
            raise RequestError(decision.reason)

    def _event(self, name: EventName, person: Person, detail: str) -> Event:
        return Event(self.clock(), name, person.name, Sentence(detail))
