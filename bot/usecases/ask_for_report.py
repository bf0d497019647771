"""Somebody in Slack wants a report: some worker makes it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import RefusedFor
from bot.core.authority import Person, Refused, may_ask_for_report
from bot.core.errors import RefusedError
from bot.core.records import Event, EventName
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.store.store import Store

REPORT = "report"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`repository` as it was written; `ts`: of the message that is to turn into the report, None
    if a new one is to be posted."""

    repository: str
    channel: str
    ts: str | None


@dataclass(frozen=True, slots=True)
class Asker:
    """`rules`: those of no repository in particular."""

    store: "Store"
    clock: Clock
    rules: ApprovalRules

    def expect_may_ask(self, person: Person) -> None:
        """Raises RequestError, which the audit remembers, for whoever may not."""
        decision = may_ask_for_report(person, self.rules)
        if isinstance(decision, Refused):
            detail = RefusedFor(decision.reason)
            self.store.record(Event(self.clock(), EventName.REFUSED, person.name, detail))
            raise RefusedError(decision.reason)

    def ask(self, person: Person, wish: Wish) -> None:
        """Raises RequestError as `expect_may_ask` does."""
        self.expect_may_ask(person)
        payload = {
            "repository": wish.repository,
            "channel": wish.channel,
            "user": person.name,
            "ts": wish.ts or "",
        }
        self.store.put(REPORT, payload, self.clock())
