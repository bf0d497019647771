"""Somebody wants to do something: it is refused, or it goes into the audit with what it changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from bot.core.audit_details import EventDetail, RefusedFor
from bot.core.authority import Decision, Person, Refused, why_outdated
from bot.core.decision_reasons import PlanStands, Refusal
from bot.core.errors import RefusedError
from bot.core.person_reasons import Grant
from bot.core.records import Event, EventName, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.transitions import Step, allows

if TYPE_CHECKING:
    from bot.store.store import Store


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

    def expect_step(self, step: Step, store: "Store") -> None:
        """Raises RefusedError, as `expect` does, if the plan cannot take it where it stands."""
        assert self.plan is not None
        if not allows(self.plan.state, step):
            self.refuse(PlanStands(self.repository.name, self.plan.state), store)

    def expect_version(self, version: int | None, store: "Store") -> None:
        """Raises RefusedError, as `expect` does, if somebody saw another than the one that counts.
        None: they saw none."""
        assert self.plan is not None
        if version is not None and (outdated := why_outdated(self.plan, version)):
            self.refuse(outdated, store)

    def expect(self, decision: Decision, store: "Store") -> Grant:
        """Why it is granted. Raises RefusedError, which the audit remembers, if it is refused."""
        if isinstance(decision, Refused):
            self.refuse(decision.reason, store)
        return decision.reason

    def refuse(self, reason: Refusal, store: "Store") -> NoReturn:
        store.record(self.event(EventName.REFUSED, RefusedFor(reason)))
        raise RefusedError(reason)
