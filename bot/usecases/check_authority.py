"""Checks what the store says people did by the settings of this process, which may be stricter than
those of the process that let them do it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.approval_check import why_not_enough, why_too_early
from bot.core.approval_rules import ApprovalRules
from bot.core.authority import (
    Decision,
    Person,
    may_have_approved,
    person_without_directory,
)
from bot.core.errors import RequestError
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.ports import Directory

Ask = Callable[[Person, ApprovalRules], Decision]


@dataclass(frozen=True, slots=True)
class Authority:
    """`rules_of` and `general_rules` are those of the settings of this process; `general_rules`
    concern all repositories. `directory` is asked for the workspace."""

    rules_of: Callable[[RepositoryId], ApprovalRules]
    general_rules: ApprovalRules
    directory: Directory

    def why_not_approved(
        self, plan: PlanRecord, undo_window: timedelta, begins_at: datetime
    ) -> str | None:
        """None if the approvals of the plan let this process delete from `begins_at` on. Raises
        ServiceError if Slack cannot tell who somebody is."""
        rules = self.rules_of(plan.repository)
        decisions = {
            each.by: self._decide(each.by, rules, may_have_approved)
            for each in plan.current_approvals
        }
        return why_not_enough(plan, decisions, rules.required) or why_too_early(
            plan, undo_window, begins_at
        )

    def _decide(self, name: str, rules: ApprovalRules, ask: Ask) -> Decision:
        if person := person_without_directory(name, rules):
            return ask(person, rules)
        try:
            found = self.directory.person(name)
        except RequestError as error:
            return Decision(granted=False, reason=str(error))
        return ask(found, replace(rules, workspace=self.directory.workspace()))
