"""Checks stored approvals, pin removals and usage confirmations against the settings of this
process. They may be stricter than the settings of the process that accepted them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.permission_reasons import InvalidPinRemoval
from bot.core.permissions import (
    PermissionGranted,
    PermissionRefused,
    Person,
    PersonPermission,
    counts_as_approver,
    may_confirm_usage,
    may_unpin,
    person_without_directory,
    why_not_enough,
    why_too_early,
)
from bot.core.pins import Pin
from bot.core.policy import ApprovalRules
from bot.core.records import PinRemoval, PlanRecord, RepositoryPin
from bot.core.refusal_reasons import ApprovalProblem
from bot.core.repository import RepositoryId
from bot.ports import UserDirectory

Ask = Callable[[Person, ApprovalRules], PersonPermission]


@dataclass(frozen=True, slots=True)
class PinStillInForce:
    """A removed pin that still protects, since the user who removed it may not. `why`: who removed
    it, and why they may not."""

    stored: RepositoryPin
    why: InvalidPinRemoval

    @property
    def pin(self) -> Pin:
        """The pin in the form that users see."""
        return replace(self.stored.pin, kept_on=self.why)

    @property
    def shown(self) -> RepositoryPin:
        return replace(self.stored, pin=self.pin)


@dataclass(frozen=True, slots=True)
class AuthorityChecker:
    """Checks stored decisions. `rules_of` and `general_rules` come from the settings of this
    process; `general_rules` are for all repositories. `directory` looks up people."""

    rules_of: Callable[[RepositoryId], ApprovalRules]
    general_rules: ApprovalRules
    directory: UserDirectory

    def why_not_approved(
        self, plan: PlanRecord, undo_window: timedelta, begins_at: datetime
    ) -> ApprovalProblem | None:
        """None if the plan's approvals allow this process to delete its images from `begins_at` on.
        Raises ServiceError if Slack cannot identify an approver."""
        rules = self.rules_of(plan.repository)
        decisions = {
            each.by: self._decide(each.by, rules, counts_as_approver)
            for each in plan.current_approvals
        }
        return why_not_enough(plan, decisions, rules.required) or why_too_early(
            plan, undo_window, begins_at
        )

    def pins_still_in_force(
        self, repository: RepositoryId, removals: Sequence[PinRemoval], now: datetime
    ) -> Sequence[PinStillInForce]:
        """Removed pins that still protect: the people who removed them may not, or Slack cannot
        identify these people. Compares pins without their reasons, since each process removes
        different secrets from reasons."""
        by_pin: defaultdict[tuple[str, datetime], list[PinRemoval]] = defaultdict(list)
        for each in removals:
            if each.pin.pin.protects(now):
                by_pin[each.pin.pin.pin, each.pin.made_at].append(each)
        rules = self.rules_of(repository)
        pins = ((some[0].pin, some) for some in by_pin.values())
        found = ((pin, self._why_still_in_force(pin, some, rules)) for pin, some in pins)
        return [PinStillInForce(pin, why) for pin, why in found if why]

    def may_have_confirmed_usage(self, name: str) -> bool:
        """False if Slack cannot identify the person."""
        decision = self._decide_or_doubt(name, self.general_rules, may_confirm_usage)
        return isinstance(decision, PermissionGranted)

    def _why_still_in_force(
        self, pin: RepositoryPin, removals: Iterable[PinRemoval], rules: ApprovalRules
    ) -> InvalidPinRemoval | None:
        """None if at least one of the people who removed the pin may do so."""

        def ask(person: Person, rules: ApprovalRules) -> PersonPermission:
            return may_unpin(person, pin.pin, rules)

        why = None
        for each in removals:
            decision = self._decide_or_doubt(each.by, rules, ask)
            if isinstance(decision, PermissionGranted):
                return None
            why = InvalidPinRemoval(each.by, decision.reason)
        return why

    def _decide_or_doubt(self, name: str, rules: ApprovalRules, ask: Ask) -> PersonPermission:
        """Refused if Slack cannot identify the person."""
        try:
            return self._decide(name, rules, ask)
        except ServiceError as error:
            return PermissionRefused(ErrorText.of(error))

    def _decide(self, name: str, rules: ApprovalRules, ask: Ask) -> PersonPermission:
        if person := person_without_directory(name, rules):
            return ask(person, rules)
        try:
            found = self.directory.person(name)
        except RequestError as error:
            return PermissionRefused(ErrorText.of(error))
        return ask(found, replace(rules, workspace=self.directory.workspace()))
