"""The threads of plan messages: CSV files of reported versions, and lines about new pins."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from slack_sdk import WebClient

from bot.core.audit_details import ImagesKeptByPins, PinDetail, PlanFoundUnchanged
from bot.core.digests import Digest
from bot.core.errors import DamagedDataError
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState
from bot.core.policy import ApprovalRules
from bot.core.records import AuditEvent, AuditEventName, PlanMessage, PlanRecord
from bot.render.output import write_rows
from bot.render.plans import CSV_HEADER, plan_as_rows
from bot.slack.api import THREAD_GONE, SlackError, calling, post_message
from bot.slack.messages.new_pins import NewPinsView, new_pins_message
from bot.slack.plan_contents import PlanContents
from bot.store.store import Store


class SlackThread(NamedTuple):
    """`ts`: of the message that it belongs to."""

    channel: str
    ts: str


def approval_thread(store: Store, plan: PlanRecord, rules: ApprovalRules) -> SlackThread | None:
    """The thread in which approvers of the plan are notified: of its newest message in the channel
    where approvals count, or of the newest digest with the plan there. None if there is none. The
    rules name channels by ID."""
    if rules.report_only or rules.channel is None:
        return None
    messages = [each for each in store.messages_of(plan.id) if each.channel == rules.channel]
    if messages:
        return SlackThread(rules.channel, messages[-1].thread_ts)
    digest = newest_digest_of(store, plan, rules.channel)
    if digest is None or digest.ts is None or digest.channel != rules.channel:
        return None
    return SlackThread(digest.channel, digest.ts)


def newest_digest_of(store: Store, plan: PlanRecord, channel: str | None) -> Digest | None:
    """Of the posted digests with the plan; prefers those in the channel."""
    digests = store.digests_of_plan(plan.id)
    in_channel = [each for each in digests if each.channel == channel]
    return next(reversed(in_channel or digests), None)


@dataclass(frozen=True, slots=True)
class PlanThreads:
    """Posts in the threads of plan messages. Safe for several threads and processes. Every method
    raises ServiceError if Slack or the database fails; the next call of `update` retries it."""

    client: WebClient
    store: Store
    contents: PlanContents

    def update(self, message: PlanMessage) -> None:
        """Posts once for each version, since only the caller that marks the version in the store
        posts: a line for each pin, if pins alone made the versions since the last post; otherwise
        the CSV file with all manifests. `message`: as stored."""
        plan = self.store.plan(message.plan)
        assert plan, "plans are never deleted from the store"
        needs_nothing = message.listed_version is None and not plan.deletions
        if needs_nothing or not self.store.mark_thread(message, plan.version):
            return
        try:
            self._post(message, plan)
        except DamagedDataError:
            return
        except SlackError as error:
            if error.code not in THREAD_GONE:
                marked = replace(message, listed_version=plan.version)
                self.store.mark_thread(marked, message.listed_version)
                raise

    def post_pins(self, plan: PlanRecord, pins: Sequence[Pin]) -> None:
        """Posts the pins made while the plan is executed: they make no new version. Posts to the
        newest message."""
        messages = self.store.messages_of(plan.id)
        if messages and plan.state is PlanState.EXECUTING:
            self._post_pins(messages[-1], plan, pins)

    def _post(self, message: PlanMessage, plan: PlanRecord) -> None:
        pins = self._new_pins(plan, message.listed_version)
        if pins:
            self._post_pins(message, plan, pins)
        else:
            self._upload(message, plan)

    def _new_pins(self, plan: PlanRecord, since: int | None) -> Sequence[Pin]:
        """The pins of the versions after `since`. Empty if something else changed the plan too."""
        if since is None:
            return ()
        events = self.store.plan_changes(plan.id, since)
        changes = [each for each in events if _makes_version(each, since)]
        if not all(isinstance(each.detail, ImagesKeptByPins) for each in changes):
            return ()
        details = [each.detail for each in events if (each.version or 0) < plan.version]
        return [detail.pin for detail in details if isinstance(detail, PinDetail)]

    def _post_pins(self, message: PlanMessage, plan: PlanRecord, pins: Sequence[Pin]) -> None:
        summary = self.contents.summary(plan.id, plan.version)
        content = new_pins_message(NewPinsView(plan, summary, pins))
        thread = message.thread_ts
        post_message(self.client, "Posting new pins", message.channel, content, thread)

    def _upload(self, message: PlanMessage, plan: PlanRecord) -> None:
        content = self.contents.content(plan.id, plan.version)
        name = plan.repository.name
        try:
            with calling("Uploading the list of manifests"):
                self.client.files_upload_v2(
                    content=_as_csv(content),
                    filename=f"{name.replace('/', '-')}-{plan.id}-{plan.version}.csv",
                    title=f"{name}: every manifest, version {plan.version}",
                    channel=message.channel,
                    thread_ts=message.thread_ts,
                )
        except SlackError as error:
            if error.code != "not_in_channel":
                raise
            self._request_invitation(message)

    def _request_invitation(self, message: PlanMessage) -> None:
        with calling("Requesting an invitation"):
            self.client.chat_postMessage(
                channel=message.channel,
                thread_ts=message.thread_ts,
                text=(
                    "The CSV file with all manifests could not be uploaded: the bot is not in this "
                    "channel. Invite it with `/invite`; the next report includes the file."
                ),
            )


def _makes_version(event: AuditEvent, since: int) -> bool:
    """Whether the event made a version after `since`."""
    is_proposal = event.event is AuditEventName.PROPOSED
    is_unchanged = isinstance(event.detail, PlanFoundUnchanged)
    return is_proposal and not is_unchanged and (event.version or 0) > since


def _as_csv(plan: Plan) -> bytes:
    text = io.StringIO()
    write_rows([CSV_HEADER, *plan_as_rows(plan)], text)
    return text.getvalue().encode()
