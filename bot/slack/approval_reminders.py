"""Reminds approvers of plans that are still proposed."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice

from slack_sdk import WebClient

from bot.core.policy import ApprovalRules
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.parallel import call_all
from bot.ports import Clock
from bot.slack.api import THREAD_GONE, MessageContent, SlackError, post_message
from bot.slack.directory import SlackUsers
from bot.slack.messages.approvers import reminder, reminder_of_several
from bot.slack.plan_threads import SlackThread, approval_thread
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class ApprovalReminders:
    """Posts one reminder for each version of a plan, in the thread of its message; for plans that
    are only in a digest, one for all of them in its thread. The rules name channels by ID.
    `remind_after`: since the version was proposed; None: no reminders."""

    client: WebClient
    store: Store
    users: SlackUsers
    rules_of: Callable[[RepositoryId], ApprovalRules]
    remind_after: timedelta | None
    clock: Clock

    def send(self, limit: int) -> None:
        """Posts up to `limit` reminders. Raises ServiceError if Slack or the database fails; the
        next call retries it."""
        due = islice(self._due().items(), limit)
        call_all(partial(self._remind, thread, plans) for thread, plans in due)

    def _due(self) -> Mapping[SlackThread, Sequence[PlanRecord]]:
        """Plans by the thread where they can be approved."""
        found: defaultdict[SlackThread, list[PlanRecord]] = defaultdict(list)
        if self.remind_after is None:
            return found
        now = self.clock()
        for plan in self.store.plans_to_remind(now - self.remind_after, now):
            thread = approval_thread(self.store, plan, self.rules_of(plan.repository))
            if thread:
                found[thread].append(plan)
        return found

    def _remind(self, thread: SlackThread, plans: Sequence[PlanRecord]) -> None:
        """Only the process that marks a version in the store reminds of it."""
        marked = [plan for plan in plans if self.store.mark_reminded(plan)]
        if not marked:
            return
        content = self._reminder(marked)
        try:
            post_message(self.client, "Reminding approvers", thread.channel, content, thread.ts)
        except SlackError as error:
            if error.code not in THREAD_GONE:
                for plan in marked:
                    self.store.forget_reminder(plan)
                raise

    def _reminder(self, plans: Sequence[PlanRecord]) -> MessageContent:
        """Plans of the same thread have the same approvers."""
        rules = self.rules_of(plans[0].repository)
        approvers = self.users.approver_list(rules.approvers)
        if len(plans) == 1:
            return reminder(plans[0], approvers, rules.required)
        return reminder_of_several(plans, approvers)
