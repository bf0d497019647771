"""Posts messages of plans, and updates them after every change of a plan."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import RLock

from slack_sdk import WebClient

from bot.core.errors import DamagedDataError
from bot.core.permissions import needs_typing
from bot.core.plan import BEFORE_EXECUTION, PlanState
from bot.core.policy import ApprovalRules
from bot.core.prices import RegionPrices, total_cost
from bot.core.records import AuditEvent, AuditEventName, PlanMessage, PlanRecord
from bot.core.repository import RepositoryId
from bot.parallel import call_all
from bot.ports import Clock, PriceReader
from bot.render.audit_events import detail_words
from bot.slack.api import (
    MESSAGE_GONE,
    MessageContent,
    SlackError,
    calling,
    message_link,
    post_message,
    update_or_shorten,
)
from bot.slack.messages.plan import newer_message, outdated_message, plan_message
from bot.slack.mrkdwn import prose
from bot.slack.plan_contents import PlanContents
from bot.slack.plan_threads import PlanThreads, approval_thread, newest_digest_of
from bot.slack.view_models import EndedPlan, FirstPlans, LinkedPlan, PlanView
from bot.store.store import Store

MOST_LISTED = 20
"""Skipped and failed digests listed in one message."""

BETWEEN_PROGRESS = timedelta(seconds=4)
"""Per message. All updates together may be about 50 a minute: docs.slack.dev, rate limits, Tier
3."""

RECENT_UPDATE = timedelta(seconds=10)
"""A click does not update a message again this soon, so that repeated clicks do not exhaust the
rate limit."""

LOCKS = 64

LinkPlan = Callable[[PlanRecord], LinkedPlan]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlanMessagesSettings:
    """Settings for messages of plans. The rules name channels by ID. `undo_window`: between the
    last approval and the deletion."""

    rules_of: Callable[[RepositoryId], ApprovalRules]
    read_prices: PriceReader
    undo_window: timedelta


class PlanMessages:
    """Posts and updates messages of plans. A message is outdated if it does not show the stored
    revision of its plan; `update_outdated` updates those. Safe for several threads and processes:
    if two update one message at the same moment, the message counts as outdated. Every method
    raises ServiceError if Slack or the database fails, and leaves the message outdated."""

    def __init__(
        self,
        client: WebClient,
        store: Store,
        settings: PlanMessagesSettings,
        clock: Clock,
        contents: PlanContents | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._clock = clock
        self._contents = contents or PlanContents(store.content)
        self.threads = PlanThreads(client, store, self._contents)
        self._locks = [RLock() for _ in range(LOCKS)]

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        save_message: Callable[[PlanMessage], None] | None = None,
        thread: str | None = None,
    ) -> PlanMessage:
        """Shows the plan in a new message, or in the message `in_place_of`. Stores the message
        before it gets buttons, so that every button has a stored plan; `save_message` may store
        more in the same transaction. `thread`: the `ts` of the message that a new one replies to.
        If Slack refuses an update, `update_outdated` retries it."""
        replaced = self._store.message(channel, in_place_of) if in_place_of else None
        thread = replaced.thread if replaced else thread
        ts = in_place_of or self._post_text(plan_id, channel, thread)
        message = PlanMessage(plan_id, channel, ts, thread)
        (save_message or self._store.save_message)(message)
        try:
            self.update(plan_id)
            if in_place_of and not self._store.message(channel, ts):
                return self.post(plan_id, channel, thread=thread)
            if known := self._store.message(channel, ts):
                self.threads.update(known)
        except SlackError as error:
            _log.warning("%s; the worker retries it", error)
        return message

    def post_in_thread(self, plan_id: str, channel: str, thread: str) -> PlanMessage:
        """Posts the plan in the thread, unless it is there already, and reduces older messages of
        the plan in the channel to one line."""
        with self._lock_of(plan_id):
            for known in self._store.messages_of(plan_id):
                if (known.channel, known.thread) == (channel, thread):
                    return known
            message = self.post(plan_id, channel, thread=thread)
        self.collapse_older(message)
        return message

    def is_shown(self, message: PlanMessage) -> bool:
        """False if Slack has accepted only the first line of the message so far. True if a newer
        message has replaced it."""
        known = self._store.message(message.channel, message.ts)
        return known is None or known.shown_revision is not None

    def collapse_older(self, message: PlanMessage) -> None:
        """Leaves one live message of the plan in the message's channel: reduces all messages above
        the lowest that Slack shows to one line, and removes them from the store. A message that
        replaces a placeholder may itself be above another. If Slack refuses an update,
        `collapse_outdated` retries it."""
        for each in self._store.messages_above_another(plan=message.plan):
            if each.channel == message.channel:
                self._collapse(each)

    def collapse_outdated(self, limit: int) -> None:
        """As `collapse_older`, for up to `limit` messages of any plans and channels."""
        for each in self._store.messages_above_another(limit=limit):
            self._collapse(each)

    def update(self, plan_id: str) -> None:
        """Updates every outdated message of the plan."""
        with self._lock_of(plan_id):
            revision = self._plan(plan_id).revision
            messages = self._store.messages_of(plan_id)
            self._show_all(each for each in messages if each.shown_revision != revision)

    def update_clicked(self, clicked: PlanMessage) -> None:
        """Updates the clicked message if it is outdated or not stored. Skips a message that was
        updated less than RECENT_UPDATE ago: the user clicked before they saw the update."""
        known = self._store.message(clicked.channel, clicked.ts)
        if known is None or not self._was_updated_recently(known):
            self._store.save_message(clicked)
        self.update(clicked.plan)
        self.collapse_older(clicked)

    def update_outdated(self, limit: int) -> None:
        """Updates up to `limit` messages of any plans, including progress of running deletions."""
        outdated = self._store.messages_behind(limit, self._clock() - BETWEEN_PROGRESS)
        self._show_all(
            each for each in outdated if each == self._store.message(each.channel, each.ts)
        )

    def update_threads(self, limit: int) -> None:
        """Posts CSV files and new pins in the threads of up to `limit` messages."""
        messages = self._store.messages_with_outdated_thread(limit)
        call_all(partial(self.threads.update, message) for message in messages)

    def update_threads_of(self, plan_id: str) -> None:
        """Posts new pins in the threads of the plan's messages."""
        plan = self._plan(plan_id)
        if plan.state in BEFORE_EXECUTION:
            messages = self._store.messages_of(plan_id)
            call_all(partial(self.threads.update, message) for message in messages)

    def notify_approvers(self, limit: int) -> None:
        """Notifies the approvers of outdated versions, for up to `limit` plans."""
        plans = self._store.plans_with_void_approvals(limit)
        call_all(partial(self._notify_approvers, plan) for plan in plans)

    def _was_updated_recently(self, message: PlanMessage) -> bool:
        return message.shown_at is not None and self._clock() - message.shown_at < RECENT_UPDATE

    def _post_text(self, plan_id: str, channel: str, thread: str | None) -> str:
        """Posts no buttons, since the message is not stored yet."""
        text = self._message_content(self._plan(plan_id), channel).text
        with calling("Posting a report"):
            posted = self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                text=text,
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(posted["ts"])

    def _show_all(self, messages: Iterable[PlanMessage]) -> None:
        call_all(partial(self._show, message) for message in messages)

    def _show(self, message: PlanMessage) -> None:
        plan = self._plan(message.plan)
        try:
            self._send(message, self._message_content(plan, message.channel))
        except Exception as error:
            if isinstance(error, SlackError) and error.code in MESSAGE_GONE:
                self._store.delete_message(message)
                return
            self._store.mark_shown(message, None, self._clock())
            raise
        self._store.mark_shown(message, plan.revision, self._clock())

    def _collapse(self, message: PlanMessage) -> None:
        with self._lock_of(message.plan):
            try:
                self._send(message, newer_message(self._plan(message.plan)))
            except SlackError as error:
                if error.code not in MESSAGE_GONE:
                    _log.warning("%s; the worker retries it", error)
                    return
            self._store.delete_message(message)

    def _message_content(self, plan: PlanRecord, channel: str) -> MessageContent:
        try:
            return plan_message(self.view(plan, channel))
        except DamagedDataError as error:
            return MessageContent(prose(str(error)))

    def _send(self, message: PlanMessage, content: MessageContent) -> None:
        update_or_shorten(self._client, "Showing a plan", message.channel, message.ts, content)

    def view(self, plan: PlanRecord, channel: str, most_listed: int = MOST_LISTED) -> PlanView:
        """`most_listed`: skipped and failed digests. Raises DamagedDataError if the stored plan
        cannot be read."""
        rules = self._settings.rules_of(plan.repository)
        outcomes = self._store.outcome_summary(plan.id, plan.version, most_listed)
        last = self._last_event(plan)
        prices = self._settings.read_prices()
        price = prices.of(plan.repository.registry.region)
        history = self._store.storage_history(plan.repository)
        scanned_at = self._store.scanned_at(plan)
        return PlanView(
            plan=plan,
            summary=self._contents.summary(plan.id, plan.version),
            scanned_at=scanned_at,
            counts=outcomes.counts,
            listed_items=outcomes.not_deleted,
            required_approvals=rules.required,
            channel=channel,
            approval_channel=rules.channel,
            report_only=rules.report_only,
            price=price,
            saved=prices.total_of(self._store.freed_bytes_by_region()),
            saved_here=price.cost_of(history.freed_bytes),
            last_scan=history.scan_before(scanned_at.date()),
            why_not_started=_why_not_started(plan, last),
            now=self._clock(),
            needs_typing=needs_typing(plan, rules),
            undo_window=self._settings.undo_window,
            last_event=last,
            pause=self._store.pause(),
        )

    def _last_event(self, plan: PlanRecord) -> AuditEvent | None:
        """None if the plan has a newer version by now, which the next update shows."""
        last = self._store.last_event(plan.id)
        return last if last and last.version in (None, plan.version) else None

    def _plan(self, id_: str) -> PlanRecord:
        plan = self._store.plan(id_)
        assert plan, "plans are never deleted from the store"
        return plan

    def _notify_approvers(self, plan: PlanRecord) -> None:
        """Posts in the channel of the approvals, once per version: only the caller that marks it in
        the store posts."""
        thread = approval_thread(self._store, plan, self._settings.rules_of(plan.repository))
        content = outdated_message(plan, self._last_event(plan))
        if not self._store.mark_notified(plan, plan.version) or thread is None:
            return
        try:
            post_message(self._client, "Notifying approvers", thread.channel, content, thread.ts)
        except SlackError as error:
            if error.code not in MESSAGE_GONE:
                self._store.mark_notified(plan, None)
                raise

    def _lock_of(self, plan_id: str) -> RLock:
        """Serializes updates of one plan's messages by threads of this process."""
        return self._locks[hash(plan_id) % LOCKS]


def first_plans(
    plans: Sequence[PlanRecord], most: int, link: LinkPlan, prices: RegionPrices
) -> FirstPlans:
    freed = total_cost(prices.cost_of(plan.repository, plan.freed_bytes) for plan in plans)
    return FirstPlans([link(plan) for plan in plans[:most]], len(plans[most:]), freed)


def ended_plan(store: Store, plan: PlanRecord, link: LinkPlan) -> EndedPlan:
    counts = store.outcome_summary(plan.id, plan.version, most_not_deleted=0).counts
    return EndedPlan(link(plan), counts, store.last_event(plan.id))


def with_link(
    store: Store,
    rules_of: Callable[[RepositoryId], ApprovalRules],
    workspace_url: str,
    plan: PlanRecord,
) -> LinkedPlan:
    """The plan with a link to its newest message, or to its newest digest if it has none; prefers
    the channel of its repository. The rules name channels by ID."""
    channel = rules_of(plan.repository).channel
    messages = store.messages_of(plan.id)
    in_its_channel = [each for each in messages if each.channel == channel]
    newest = next(reversed(in_its_channel or messages), None)
    place = newest or newest_digest_of(store, plan, channel)
    link = message_link(workspace_url, place.channel, place.ts) if place and place.ts else None
    return LinkedPlan(plan, link)


def _why_not_started(plan: PlanRecord, last: AuditEvent | None) -> str | None:
    if plan.state is PlanState.PROPOSED and last and last.event is AuditEventName.NOT_STARTED:
        return detail_words(last.detail)
    return None
