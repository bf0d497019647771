"""Somebody wants to do something: it is refused, or it goes into the audit with what it changed."""

from dataclasses import dataclass
from datetime import datetime

from bot.core.audit_details import EventDetail
from bot.core.authority import Decision, Person, why_outdated
from bot.core.errors import RequestError
from bot.core.records import Event, EventName, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.result_reasons import Sentence
from bot.core.transitions import Step, allows, what_became
from bot.ports import Store


@dataclass(frozen=True, slots=True)
class Deed:
    person: Person
    at: datetime
    repository: RepositoryId
    plan: PlanRecord | None = None

    def event(self, name: EventName, detail: EventDetail, digests: tuple[str, ...] = ()) -> Event:
        return Event(
            at=self.at,
            event=name,
            by=self.person.name,
            detail=detail,
            plan=self.plan.id if self.plan else None,
            version=self.plan.version if self.plan else None,
            repository=self.repository.uri,
            digests=digests,
        )

    def expect_step(self, step: Step, store: Store) -> None:
        """Raises RequestError, as `expect` does, if the plan cannot take it where it stands."""
        assert self.plan is not None
        became = f"The plan for {self.repository.name} {what_became(self.plan.state)}"
        self.expect(Decision(allows(self.plan.state, step), became), store)

    def expect_version(self, version: int | None, store: Store) -> None:
        """Raises RequestError, as `expect` does, if somebody saw another than the one that counts.
        None: they saw none."""
        assert self.plan is not None
        outdated = None if version is None else why_outdated(self.plan, version)
        self.expect(Decision(outdated is None, outdated or ""), store)

    def expect(self, decision: Decision, store: Store) -> None:
        """Raises RequestError, which the audit remembers, if it is refused."""
        if not decision.granted:
            store.record(self.event(EventName.REFUSED, Sentence(decision.reason)))
            raise RequestError(decision.reason)
