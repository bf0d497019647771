"""The audit: records who did what, and when."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from bot.core.audit_details import EventDetail, RequestRefused
from bot.core.errors import RefusedError, RequestError
from bot.core.permission_reasons import GrantReason
from bot.core.permissions import ApprovalPermission, PermissionRefused, Person, why_outdated
from bot.core.plan_transitions import PlanStep, allows
from bot.core.records import AuditEvent, AuditEventName, PlanRecord
from bot.core.refusal_reasons import Refusal, WrongPlanState
from bot.core.repository import RepositoryId
from bot.sanitize import redacted

if TYPE_CHECKING:
    from bot.store.store import Store


LONGEST_REASON = 3000
"""Characters."""

_ABOUT_A_WHOLE_VERSION = (AuditEventName.PROPOSED, AuditEventName.APPROVED)


@dataclass(frozen=True, slots=True)
class AuditedAction:
    """An action that a person requests, for all repositories."""

    store: "Store"
    person: Person
    at: datetime

    def event(self, name: AuditEventName, detail: EventDetail) -> AuditEvent:
        return AuditEvent(self.at, name, self.person.name, detail)

    def expect(self, decision: ApprovalPermission) -> GrantReason:
        """Returns why the person may do it. Refuses the action if they may not."""
        if isinstance(decision, PermissionRefused):
            self.refuse(decision.reason)
        return decision.reason

    def refuse(self, reason: Refusal) -> NoReturn:
        """Records the refusal in the audit, then raises RefusedError."""
        self.store.record(self.event(AuditEventName.REFUSED, RequestRefused(reason)))
        raise RefusedError(reason)


@dataclass(frozen=True, slots=True)
class AuditedRepositoryAction(AuditedAction):
    """An action that a person requests for one repository, or for one of its plans."""

    repository: RepositoryId
    plan: PlanRecord | None = None

    def event(
        self, name: AuditEventName, detail: EventDetail, digests: tuple[str, ...] = ()
    ) -> AuditEvent:
        return replace(
            AuditedAction.event(self, name, detail),
            plan=self.plan.id if self.plan else None,
            version=self.plan.version if self.plan else None,
            repository=self.repository.uri,
            digests=digests,
        )

    def expect_step(self, step: PlanStep) -> None:
        """Refuses the action if the plan cannot take this step from its state."""
        assert self.plan is not None
        if not allows(self.plan.state, step):
            self.refuse(WrongPlanState(self.repository.name, self.plan.state))

    def expect_version(self, version: int | None) -> None:
        """Refuses the action if the person saw an older version than the newest. `version` None:
        they saw no version."""
        assert self.plan is not None
        if version is not None and (outdated := why_outdated(self.plan, version)):
            self.refuse(outdated)


def one_line(reason: str) -> str:
    """A person's reason in the form that is stored: one line, without secrets. It may be empty.

    Raises RequestError if it cannot be stored or is too long."""
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise RequestError(
            f"The reason has {len(words):,} characters: shorten it to {LONGEST_REASON:,}"
        )
    categories = set(map(unicodedata.category, words))
    if "Cc" in categories:
        raise RequestError("The reason contains control characters: remove them")
    if "Cs" in categories:
        raise RequestError("The reason contains characters that are not valid UTF-8: remove them")
    return redacted(words)


def all_events(store: "Store", since: datetime | None = None) -> Iterator[AuditEvent]:
    """All events, oldest first. Adds the digests of a plan version to its events, since the store
    has them only with the version."""
    return (_with_digests(store, event) for event in store.events(since))


def _with_digests(store: "Store", event: AuditEvent) -> AuditEvent:
    if event.event not in _ABOUT_A_WHOLE_VERSION or event.digests:
        return event
    if event.plan is None or event.version is None:
        return event
    return replace(event, digests=tuple(store.deletions(event.plan, event.version)))
