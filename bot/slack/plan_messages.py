"""The messages of plans: posts them, and updates each of them whenever its plan changes."""

import io
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from threading import Lock

from slack_sdk import WebClient

from bot.core.errors import DamagedDataError
from bot.core.permissions import needs_typing
from bot.core.plan import Plan, PlanState
from bot.core.policy import ApprovalRules
from bot.core.records import AuditEvent, AuditEventName, PlanMessage, PlanRecord
from bot.core.repository import RepositoryId
from bot.parallel import call_all
from bot.ports import Clock
from bot.render.audit_events import detail_words
from bot.render.output import write_rows
from bot.render.plans import CSV_HEADER, plan_as_rows
from bot.slack.api import (
    MessageContent,
    SlackError,
    calling,
    message_link,
    post_message,
    update_message,
)
from bot.slack.messages.plan import newer_message, outdated_message, plan_message
from bot.slack.mrkdwn import prose
from bot.slack.view_models import LinkedPlan, PlanView
from bot.store.store import Store

MOST_LISTED = 20
"""Skipped and failed digests in one message."""

CONTENTS_KEPT = 4
"""Versions of plans. Reading a large one takes half a second, and a running deletion updates its
message every few seconds."""

BETWEEN_PROGRESS = timedelta(seconds=4)
"""Per message. All updates together may be about 50 a minute: docs.slack.dev, rate limits, Tier
3."""

FRESH = timedelta(seconds=10)
"""A message this young is not updated again for a click, so that repeated clicks do not use up the
rate limit."""

LOCKS = 64

_GONE = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "not_in_channel",
        "thread_not_found",
    }
)
"""Errors of a message that is deleted, or can never be updated again."""

_UNSHOWABLE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlanMessagesSettings:
    """The rules name channels by id. USD per GB per month."""

    rules_of: Callable[[RepositoryId], ApprovalRules]
    usd_per_gb_month: float


class PlanMessages:
    """A message is behind if it does not show the stored revision of its plan; `refresh_behind`
    updates those. May be used by several threads and processes: of two that update one message at
    the same moment, the later one leaves it behind. Every method raises ServiceError if Slack or
    the database fails, and leaves the message behind."""

    def __init__(
        self,
        client: WebClient,
        store: Store,
        settings: PlanMessagesSettings,
        clock: Clock,
    ) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._clock = clock
        self._content = lru_cache(CONTENTS_KEPT)(store.content)
        self._locks = [Lock() for _ in range(LOCKS)]

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        remember: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        """Shows the plan in a new message, or in the message `in_place_of`. Stores the message
        before it has buttons, so that no button is left without a stored plan; `remember` stores
        more in the same transaction. If Slack refuses an update, `refresh_behind` retries it."""
        ts = in_place_of or self._post_text(plan_id, channel)
        message = PlanMessage(plan_id, channel, ts)
        (remember or self._store.save_message)(message)
        try:
            self.refresh(plan_id)
            if in_place_of and not self._store.message(channel, ts):
                return self.post(plan_id, channel)
            self._upload_list(message)
        except SlackError as error:
            _log.warning("%s; it is tried again", error)
        return message

    def is_shown(self, message: PlanMessage) -> bool:
        """False if Slack has taken its first line alone so far."""
        known = self._store.message(message.channel, message.ts)
        return known is not None and known.shown_revision is not None

    def fold_older(self, message: PlanMessage) -> None:
        """Reduces older messages of the plan in the same channel to one line, and removes them from
        the store. Leaves a message that Slack does not update as it is."""
        if not self.is_shown(message):
            return
        for each in self._store.messages_of(message.plan):
            if each.channel == message.channel and each.ts < message.ts:
                self._fold(each)

    def refresh(self, plan_id: str) -> None:
        """Updates every message of the plan that is behind."""
        with self._lock_of(plan_id):
            revision = self._plan(plan_id).revision
            messages = self._store.messages_of(plan_id)
            self._show_all(each for each in messages if each.shown_revision != revision)

    def update_clicked(self, plan_id: str, channel: str, ts: str) -> None:
        """Updates a message that a click showed to be behind, or that is not stored. Skips a
        message that was updated less than FRESH ago: the update had not reached the person yet."""
        known = self._store.message(channel, ts)
        if known is None or not self._is_fresh(known):
            self._store.save_message(PlanMessage(plan_id, channel, ts))
        self.refresh(plan_id)

    def refresh_behind(self, limit: int) -> None:
        """Updates up to `limit` messages of any plans, progress of running deletions included."""
        behind = self._store.messages_behind(limit, self._clock() - BETWEEN_PROGRESS)
        self._show_all(
            each for each in behind if each == self._store.message(each.channel, each.ts)
        )

    def upload_missing_lists(self, limit: int) -> None:
        """Uploads up to `limit` CSV files that are missing in the threads of messages."""
        messages = self._store.messages_without_list(limit)
        call_all(partial(self._upload_list, message) for message in messages)

    def notify_approvers(self, limit: int) -> None:
        """Notifies the approvers of outdated versions, for up to `limit` plans."""
        plans = self._store.plans_with_void_approvals(limit)
        call_all(partial(self._notify_approvers, plan) for plan in plans)

    def _is_fresh(self, message: PlanMessage) -> bool:
        return message.shown_at is not None and self._clock() - message.shown_at < FRESH

    def _post_text(self, plan_id: str, channel: str) -> str:
        """Without buttons, since the message is not stored yet."""
        text = self._shown(self._plan(plan_id), channel).text
        with calling("Posting a report"):
            posted = self._client.chat_postMessage(
                channel=channel, text=text, unfurl_links=False, unfurl_media=False
            )
        return str(posted["ts"])

    def _show_all(self, messages: Iterable[PlanMessage]) -> None:
        call_all(partial(self._show, message) for message in messages)

    def _show(self, message: PlanMessage) -> None:
        plan = self._plan(message.plan)
        try:
            self._update(message, self._shown(plan, message.channel))
        except Exception as error:
            if isinstance(error, SlackError) and error.code in _GONE:
                self._store.delete_message(message)
                return
            self._store.mark_shown(message, None, self._clock())
            raise
        self._store.mark_shown(message, plan.revision, self._clock())

    def _fold(self, message: PlanMessage) -> None:
        try:
            self._send(message, newer_message(self._plan(message.plan)))
        except SlackError as error:
            if error.code not in _GONE:
                _log.warning("%s; it stays beside the newer one", error)
                return
        self._store.delete_message(message)

    def _shown(self, plan: PlanRecord, channel: str) -> MessageContent:
        try:
            return plan_message(self._view(plan, channel))
        except DamagedDataError as error:
            return MessageContent(prose(str(error)))

    def _update(self, message: PlanMessage, content: MessageContent) -> None:
        try:
            self._send(message, content)
        except SlackError as error:
            if error.code not in _UNSHOWABLE:
                raise
            _log.error("A bug of ecr-clean's own, shown as text alone: %s", error)
            self._send(message, MessageContent(content.text))

    def _send(self, message: PlanMessage, content: MessageContent) -> None:
        update_message(self._client, "Showing a plan", message.channel, message.ts, content)

    def _view(self, plan: PlanRecord, channel: str) -> PlanView:
        rules = self._settings.rules_of(plan.repository)
        summary = self._store.outcome_summary(plan.id, plan.version, MOST_LISTED)
        last = self._last_event(plan)
        return PlanView(
            plan=plan,
            content=self._content(plan.id, plan.version),
            scanned_at=self._store.scanned_at(plan),
            counts=summary.counts,
            told=summary.not_deleted,
            required=rules.required,
            here=channel,
            home=rules.channel,
            report_only=rules.report_only,
            usd_per_gb_month=self._settings.usd_per_gb_month,
            saved_bytes=self._store.total_freed_bytes(),
            why_not_started=_why_not_started(plan, last),
            now=self._clock(),
            needs_typing=needs_typing(plan, rules),
            last_event=last,
            pause=self._store.pause(),
        )

    def _last_event(self, plan: PlanRecord) -> AuditEvent | None:
        """None if the plan has got another version since, which the next update shows."""
        last = self._store.last_event(plan.id)
        return last if last and last.version in (None, plan.version) else None

    def _plan(self, id_: str) -> PlanRecord:
        plan = self._store.plan(id_)
        assert plan, "plans are never removed"
        return plan

    def _upload_list(self, message: PlanMessage) -> None:
        """Uploads the CSV file once per version: only the caller that marks it in the store
        does."""
        plan = self._plan(message.plan)
        if not plan.deletions or not self._store.mark_listed(message, plan.version):
            return
        try:
            self._upload(message, plan)
        except DamagedDataError:
            return
        except SlackError as error:
            if error.code == "not_in_channel":
                self._ask_for_invitation(message)
            elif error.code not in _GONE:
                self._store.mark_listed(message, None)
                raise

    def _upload(self, message: PlanMessage, plan: PlanRecord) -> None:
        content = self._content(plan.id, plan.version)
        with calling("Sharing the whole list"):
            self._client.files_upload_v2(
                content=_as_csv(content),
                filename=f"{plan.repository.name.replace('/', '-')}-{plan.id}-{plan.version}.csv",
                title=f"{plan.repository.name}: every manifest, version {plan.version}",
                channel=message.channel,
                thread_ts=message.thread or message.ts,
            )

    def _notify_approvers(self, plan: PlanRecord) -> None:
        """In the channel of the approvals, once per version: only the caller that marks it in the
        store posts."""
        home = self._settings.rules_of(plan.repository).channel
        messages = [each for each in self._store.messages_of(plan.id) if each.channel == home]
        content = outdated_message(plan, self._last_event(plan))
        if not self._store.mark_notified(plan, plan.version) or not messages:
            return
        message = messages[-1]
        thread = message.thread or message.ts
        try:
            post_message(self._client, "Answering in a thread", message.channel, content, thread)
        except SlackError as error:
            if error.code not in _GONE:
                self._store.mark_notified(plan, None)
                raise

    def _ask_for_invitation(self, message: PlanMessage) -> None:
        with calling("Answering in a thread"):
            self._client.chat_postMessage(
                channel=message.channel,
                thread_ts=message.thread or message.ts,
                text=(
                    "The whole list would be here as a CSV file, but I am not in this channel: "
                    "`/invite` me, and the next report brings it."
                ),
            )

    def _lock_of(self, plan_id: str) -> Lock:
        """Threads of this process update the messages of one plan one after another."""
        return self._locks[hash(plan_id) % LOCKS]


def open_plans(store: Store) -> Sequence[PlanRecord]:
    """Those that delete something or are incomplete, last proposed first."""
    plans = (each for each in store.open_plans() if each.deletions or not each.complete)
    return sorted(plans, key=lambda plan: plan.proposed_at, reverse=True)


def with_link(
    store: Store,
    rules_of: Callable[[RepositoryId], ApprovalRules],
    workspace_url: str,
    plan: PlanRecord,
) -> LinkedPlan:
    """The plan with a link to its newest message, if possible in the channel of its repository. The
    rules name channels by id."""
    channel = rules_of(plan.repository).channel
    messages = store.messages_of(plan.id)
    in_its_channel = [each for each in messages if each.channel == channel]
    newest = next(reversed(in_its_channel or messages), None)
    link = message_link(workspace_url, newest.channel, newest.ts) if newest else None
    return LinkedPlan(plan, link)


def _why_not_started(plan: PlanRecord, last: AuditEvent | None) -> str | None:
    if plan.state is PlanState.PROPOSED and last and last.event is AuditEventName.NOT_STARTED:
        return detail_words(last.detail)
    return None


def _as_csv(plan: Plan) -> bytes:
    text = io.StringIO()
    write_rows([CSV_HEADER, *plan_as_rows(plan)], text)
    return text.getvalue().encode()
