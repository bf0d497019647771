"""Reminds approvers of plans that are still proposed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice

from slack_sdk import WebClient

from bot.core.policy import ApprovalRules
from bot.core.records import PlanMessage, PlanRecord
from bot.core.repository import RepositoryId
from bot.parallel import call_all
from bot.ports import Clock
from bot.slack.api import THREAD_GONE, SlackError, post_message
from bot.slack.directory import SlackUsers
from bot.slack.messages.approvers import reminder
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class ApprovalReminders:
    """Posts one reminder for each version of a plan, in the thread of its message. The rules name
    channels by ID. `remind_after`: since the version was proposed; None: no reminders."""

    client: WebClient
    store: Store
    users: SlackUsers
    rules_of: Callable[[RepositoryId], ApprovalRules]
    remind_after: timedelta | None
    clock: Clock

    def send(self, limit: int) -> None:
        """Reminds of up to `limit` plans. Raises ServiceError if Slack or the database fails; the
        next call retries it."""
        due = islice(self._due(), limit)
        call_all(partial(self._remind, plan, message) for plan, message in due)

    def _due(self) -> Iterator[tuple[PlanRecord, PlanMessage]]:
        """Plans, with their newest message where they can be approved."""
        if self.remind_after is None:
            return
        now = self.clock()
        for plan in self.store.plans_to_remind(now - self.remind_after, now):
            message = approvable_message(self.store, plan, self.rules_of(plan.repository))
            if message:
                yield plan, message

    def _remind(self, plan: PlanRecord, message: PlanMessage) -> None:
        """Only the process that marks the version in the store posts."""
        if not self.store.mark_reminded(plan):
            return
        rules = self.rules_of(plan.repository)
        approvers = self.users.approver_list(rules.approvers)
        content = reminder(plan, approvers, rules.required)
        try:
            thread = message.thread_ts
            post_message(self.client, "Reminding approvers", message.channel, content, thread)
        except SlackError as error:
            if error.code not in THREAD_GONE:
                self.store.forget_reminder(plan)
                raise


def approvable_message(store: Store, plan: PlanRecord, rules: ApprovalRules) -> PlanMessage | None:
    """The newest message of the plan in the channel where approvals count; None if there is none.
    The rules name channels by ID."""
    if rules.report_only:
        return None
    messages = [each for each in store.messages_of(plan.id) if each.channel == rules.channel]
    return messages[-1] if messages else None
