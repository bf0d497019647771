"""Messages show the stored state of a plan, also after failures and races."""

import csv
import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.core.errors import ErrorText
from bot.core.plan import PlanState, content_hash
from bot.core.records import AuditEventName, PlanMessage, PlanRecord, StoreChange
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.api import SlackError
from bot.slack.plan_messages import BETWEEN_PROGRESS, RECENT_UPDATE, PlanMessages
from bot.store.store import Store, open_store
from tests.slack.conftest import MakePlanMessages
from tests.slack.support import Json, buttons, calls, message_at
from tests.store.support import (
    THERE,
    closed,
    content,
    event,
    new_version,
    propose,
    record,
    run_of,
    seen,
    started,
)
from tests.support import NOW


@pytest.fixture
def plan(store: Store) -> PlanRecord:
    return propose(store)


@pytest.fixture
def posted(plan_messages: PlanMessages, plan: PlanRecord, releases: str) -> PlanMessage:
    return plan_messages.post(plan.id, releases)


def dismiss(store: Store, id_: str) -> None:
    """Dismisses the plan without an update of its messages."""
    change = closed(seen(store, id_), PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert store.commit(change)


def is_up_to_date(store: Store, message: PlanMessage) -> bool:
    remembered = store.message(message.channel, message.ts)
    assert remembered
    return remembered.shown_revision == seen(store, message.plan).revision


def files_of(person: SimulatedUser, message: PlanMessage) -> list[Json]:
    shown = message_at(person, message.channel, message.ts)
    return [file for reply in shown["replies"] for file in reply.get("files", ())]


def rows_of(slack: Workspace, file: Json) -> list[list[str]]:
    found = slack.files.find(file["id"])
    assert found
    assert found.content
    return list(csv.reader(io.StringIO(found.content.decode())))


# posting


def test_a_plan_is_posted(
    plan_messages: PlanMessages, plan: PlanRecord, store: Store, ann: SimulatedUser, releases: str
) -> None:
    message = plan_messages.post(plan.id, releases)
    assert "approve_plan" in buttons(message_at(ann, releases, message.ts))
    assert is_up_to_date(store, message)


def test_it_replaces_a_message(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    client: WebClient,
    ann: SimulatedUser,
    releases: str,
) -> None:
    ts = client.chat_postMessage(channel=releases, text="Looking…")["ts"]
    assert plan_messages.post(plan.id, releases, in_place_of=ts).ts == ts
    (message,) = ann.messages(releases)
    assert "approve_plan" in buttons(message)


def test_the_message_to_replace_was_deleted(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    client: WebClient,
    ann: SimulatedUser,
    releases: str,
) -> None:
    ts = client.chat_postMessage(channel=releases, text="Looking…")["ts"]
    client.chat_delete(channel=releases, ts=ts)
    message = plan_messages.post(plan.id, releases, in_place_of=ts)
    assert message.ts != ts
    assert "approve_plan" in buttons(message_at(ann, releases, message.ts))


def test_an_unknown_channel(plan_messages: PlanMessages, plan: PlanRecord, store: Store) -> None:
    with pytest.raises(SlackError, match="the bot cannot see the channel"):
        plan_messages.post(plan.id, "C0000000000")
    assert store.messages_of(plan.id) == []


def test_no_buttons_before_the_message_is_stored(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    releases: str,
    ann: SimulatedUser,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Buttons of a message that is not stored would never be removed."""

    def die(_: PlanMessage) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "save_message", die)
    with pytest.raises(KeyboardInterrupt):
        plan_messages.post(plan.id, releases)
    (message,) = ann.messages(releases)
    assert buttons(message) == []


def test_a_rejected_update_is_retried(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    slack: Workspace,
    releases: str,
    ann: SimulatedUser,
    store: Store,
) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    message = plan_messages.post(plan.id, releases)
    assert buttons(message_at(ann, releases, message.ts)) == []
    plan_messages.update_outdated(3)
    assert "approve_plan" in buttons(message_at(ann, releases, message.ts))
    assert is_up_to_date(store, message)


@pytest.mark.parametrize("name", [AuditEventName.NOT_STARTED, AuditEventName.APPROVED])
def test_why_a_plan_could_not_start(
    plan_messages: PlanMessages,
    store: Store,
    releases: str,
    ann: SimulatedUser,
    name: AuditEventName,
) -> None:
    plan = propose(store)
    store.record(event(name, detail=ErrorText("ECS did not answer"), plan=plan.id))
    message = plan_messages.post(plan.id, releases)
    is_shown = "ECS did not answer" in str(message_at(ann, releases, message.ts))
    assert is_shown == (name is AuditEventName.NOT_STARTED)


# updates


def test_every_message_of_the_plan_is_updated(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    ann: SimulatedUser,
    store: Store,
) -> None:
    elsewhere = slack.remote.add_channel("elsewhere", [ann])
    other = plan_messages.post(plan.id, elsewhere)
    dismiss(store, plan.id)
    plan_messages.update(plan.id)
    for message in (posted, other):
        assert buttons(message_at(ann, message.channel, message.ts)) == []
        assert is_up_to_date(store, message)


def test_a_newer_message_of_the_plan(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    ann: SimulatedUser,
    store: Store,
) -> None:
    """Only the newest message in each channel has buttons."""
    elsewhere = plan_messages.post(plan.id, slack.remote.add_channel("elsewhere", [ann]))
    newer = plan_messages.post(plan.id, posted.channel)
    plan_messages.collapse_older(newer)
    collapsed = message_at(ann, posted.channel, posted.ts)
    assert collapsed["text"].endswith(": a newer report on this plan is below.")
    assert buttons(collapsed) == []
    for message in (elsewhere, newer):
        assert "dismiss_plan" in buttons(message_at(ann, message.channel, message.ts))
    assert {each.ts for each in store.messages_of(plan.id)} == {elsewhere.ts, newer.ts}


def test_a_placeholder_above_a_newer_message(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    client: WebClient,
    ann: SimulatedUser,
    releases: str,
) -> None:
    """The lowest message is the live one, also if another was completed last."""
    placeholder = client.chat_postMessage(channel=releases, text="Scanning …")["ts"]
    lower = plan_messages.post(plan.id, releases)
    message = plan_messages.post(plan.id, releases, in_place_of=placeholder)
    plan_messages.collapse_older(message)
    assert message_at(ann, releases, placeholder)["text"].endswith("report on this plan is below.")
    assert "approve_plan" in buttons(message_at(ann, releases, lower.ts))
    assert plan_messages.is_shown(message)


def test_a_click_on_a_collapsed_message(
    plan_messages: PlanMessages, plan: PlanRecord, posted: PlanMessage, ann: SimulatedUser
) -> None:
    """The client of the user still showed its buttons."""
    newer = plan_messages.post(plan.id, posted.channel)
    plan_messages.collapse_older(newer)
    plan_messages.update_clicked(posted)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []
    assert "approve_plan" in buttons(message_at(ann, newer.channel, newer.ts))


@pytest.mark.parametrize("refused", ["the newer", "the older"])
def test_the_worker_collapses_what_slack_refused(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    ann: SimulatedUser,
    store: Store,
    refused: str,
) -> None:
    fault = CallFault(method="chat.update", error="internal_error")
    if refused == "the newer":
        slack.faults.add(fault)
    newer = plan_messages.post(plan.id, posted.channel)
    if refused == "the older":
        slack.faults.add(fault)
    plan_messages.collapse_older(newer)
    assert "approve_plan" in buttons(message_at(ann, posted.channel, posted.ts))
    plan_messages.update_outdated(1)
    plan_messages.collapse_outdated(1)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []
    assert store.messages_of(plan.id) == [store.message(newer.channel, newer.ts)]


def test_a_newer_message_that_is_not_shown_yet(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    ann: SimulatedUser,
) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    plan_messages.collapse_older(plan_messages.post(plan.id, posted.channel))
    assert "approve_plan" in buttons(message_at(ann, posted.channel, posted.ts))


@pytest.mark.parametrize(("error", "left"), [("internal_error", 2), ("message_not_found", 1)])
def test_the_older_message_cannot_be_updated(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    store: Store,
    error: str,
    left: int,
) -> None:
    newer = plan_messages.post(plan.id, posted.channel)
    slack.faults.add(CallFault(method="chat.update", error=error))
    plan_messages.collapse_older(newer)
    assert len(store.messages_of(plan.id)) == left


@pytest.mark.parametrize(
    "state",
    [
        PlanState.DONE,
        PlanState.FAILED,
        PlanState.STOPPED,
        PlanState.DISMISSED,
        PlanState.EXPIRED,
        PlanState.SUPERSEDED,
    ],
)
def test_an_ended_plan_has_no_buttons(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    ann: SimulatedUser,
    state: PlanState,
) -> None:
    assert store.commit(closed(seen(store, posted.plan), state, AuditEventName.ENDED))
    plan_messages.update(posted.plan)
    shown = buttons(message_at(ann, posted.channel, posted.ts))
    assert {"approve_plan", "stop_plan", "dismiss_plan"}.isdisjoint(shown)


def test_only_outdated_messages_are_updated(
    plan_messages: PlanMessages, posted: PlanMessage, slack: Workspace
) -> None:
    sent = len(calls(slack, "chat.update"))
    plan_messages.update(posted.plan)
    plan_messages.update_outdated(3)
    assert len(calls(slack, "chat.update")) == sent


def test_a_process_is_killed_between_commit_and_update(
    make_plan_messages: MakePlanMessages, posted: PlanMessage, store: Store, ann: SimulatedUser
) -> None:
    dismiss(store, posted.plan)
    make_plan_messages(store).update_outdated(3)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_an_update_with_an_unknown_result(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    slack: Workspace,
    ann: SimulatedUser,
    cut: Any,
) -> None:
    dismiss(store, posted.plan)
    slack.faults.add(CallFault(method="chat.update", cut=cut, times=None))
    with pytest.raises(SlackError, match="Slack could not be reached"):
        plan_messages.update(posted.plan)
    slack.faults.clear()
    plan_messages.update_outdated(3)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []
    assert is_up_to_date(store, posted)


def test_a_process_is_killed_before_it_stores_the_shown_revision(
    plan_messages: PlanMessages, posted: PlanMessage, store: Store, slack: Workspace
) -> None:
    dismiss(store, posted.plan)
    updates = len(calls(slack, "chat.update"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "mark_shown", lambda *_: pytest.exit("killed"))
        with pytest.raises(pytest.exit.Exception):
            plan_messages.update(posted.plan)
    plan_messages.update_outdated(3)
    assert len(calls(slack, "chat.update")) == updates + 2
    assert is_up_to_date(store, posted)


def test_a_click_in_an_unknown_message(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    client: WebClient,
    releases: str,
    ann: SimulatedUser,
) -> None:
    ts = client.chat_postMessage(channel=releases, text="Old buttons")["ts"]
    plan_messages.update_clicked(PlanMessage(plan.id, releases, ts))
    assert "approve_plan" in buttons(message_at(ann, releases, ts))


def test_clicks_in_an_outdated_message(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    client: WebClient,
    slack: Workspace,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many clicks cause one update."""
    client.chat_update(channel=posted.channel, ts=posted.ts, text="Shown by an older bot")
    later = NOW + RECENT_UPDATE
    monkeypatch.setattr(plan_messages, "_clock", lambda: later)
    sent = len(calls(slack, "chat.update"))
    for _ in range(20):
        plan_messages.update_clicked(posted)
    assert len(calls(slack, "chat.update")) == sent + 1
    assert "approve_plan" in buttons(message_at(ann, posted.channel, posted.ts))


def test_progress_of_a_run(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    slack: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message is updated at intervals, although the plan does not change."""
    plan = seen(store, posted.plan)
    assert store.commit(started(plan, run_of(plan)))
    plan_messages.update(plan.id)
    sent = len(calls(slack, "chat.update"))
    plan_messages.update_outdated(3)
    assert len(calls(slack, "chat.update")) == sent
    later = NOW + 2 * BETWEEN_PROGRESS
    monkeypatch.setattr(plan_messages, "_clock", lambda: later)
    plan_messages.update_outdated(3)
    plan_messages.update_outdated(3)
    assert len(calls(slack, "chat.update")) == sent + 1


def test_a_sweep_is_limited(
    plan_messages: PlanMessages, store: Store, releases: str, slack: Workspace
) -> None:
    plan, other = propose(store), propose(store, THERE)
    slack.remote.change_settings(limits=False)
    for _ in range(3):
        plan_messages.post(plan.id, releases)
        plan_messages.post(other.id, releases)
    dismiss(store, plan.id)
    dismiss(store, other.id)
    sent = len(calls(slack, "chat.update"))
    for shown in (4, 6, 6):
        plan_messages.update_outdated(4)
        assert len(calls(slack, "chat.update")) == sent + shown


# deleted messages and channels


def test_a_deleted_message(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    client: WebClient,
    store: Store,
    ann: SimulatedUser,
) -> None:
    other = plan_messages.post(plan.id, posted.channel)
    client.chat_delete(channel=posted.channel, ts=posted.ts)
    dismiss(store, plan.id)
    plan_messages.update(plan.id)
    assert [message.ts for message in store.messages_of(plan.id)] == [other.ts]
    assert buttons(message_at(ann, other.channel, other.ts)) == []


def test_channels_that_the_bot_can_no_longer_use(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    ann: SimulatedUser,
    store: Store,
) -> None:
    closed_one = slack.remote.add_channel("old", [ann])
    secret = slack.remote.add_channel("secret", [ann], kind="private")
    for channel in (closed_one, secret):
        plan_messages.post(plan.id, channel)
    slack.remote.post("/channels/archive", channel=closed_one)
    slack.remote.post("/channels/leave", channel=secret, user=slack.app.user_id)
    dismiss(store, plan.id)
    plan_messages.update(plan.id)
    assert [message.ts for message in store.messages_of(plan.id)] == [posted.ts]


# rejected calls


def test_a_rate_limited_update_is_retried(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    slack: Workspace,
    ann: SimulatedUser,
    waits: list[float],
) -> None:
    dismiss(store, posted.plan)
    slack.faults.add(CallFault(method="chat.update", error="ratelimited", retry_after=7))
    plan_messages.update(posted.plan)
    (waited,) = waits
    assert 7 <= waited < 9
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []


def test_after_many_rate_limits_the_sweep_retries(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    slack: Workspace,
    ann: SimulatedUser,
    waits: list[float],
) -> None:
    dismiss(store, posted.plan)
    slack.faults.add(CallFault(method="chat.update", error="ratelimited", times=6))
    with pytest.raises(SlackError, match="rate limit is reached"):
        plan_messages.update(posted.plan)
    assert len(waits) == 5
    assert not is_up_to_date(store, posted)
    plan_messages.update_outdated(3)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []


def test_posting_waits_for_the_rate_limit(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    slack: Workspace,
    releases: str,
    ann: SimulatedUser,
    waits: list[float],
) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=3))
    plan_messages.post(plan.id, releases)
    assert len(ann.messages(releases)) == 1
    assert len(waits) == 1


def test_a_failed_update_does_not_stop_the_others(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    slack: Workspace,
    store: Store,
    ann: SimulatedUser,
) -> None:
    other = plan_messages.post(plan.id, posted.channel)
    dismiss(store, plan.id)
    broken = {"ts": posted.ts}
    slack.faults.add(
        CallFault(method="chat.update", arguments=broken, error="fatal_error", times=None)
    )
    with pytest.raises(SlackError, match="fatal_error"):
        plan_messages.update(plan.id)
    assert buttons(message_at(ann, other.channel, other.ts)) == []
    third = plan_messages.post(propose(store, THERE).id, posted.channel)
    dismiss(store, third.plan)
    plan_messages._clock = lambda: NOW + BETWEEN_PROGRESS
    with pytest.raises(SlackError, match="fatal_error"):
        plan_messages.update_outdated(1)
    plan_messages.update_outdated(1)
    assert buttons(message_at(ann, third.channel, third.ts)) == []


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_rejected_blocks_are_replaced_by_text(
    plan_messages: PlanMessages,
    posted: PlanMessage,
    slack: Workspace,
    store: Store,
    ann: SimulatedUser,
    error: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dismiss(store, posted.plan)
    slack.faults.add(CallFault(method="chat.update", error=error))
    with caplog.at_level(logging.ERROR):
        plan_messages.update(posted.plan)
    shown = message_at(ann, posted.channel, posted.ts)
    assert shown.get("blocks", []) == []
    assert shown["text"]
    assert error in caplog.text
    assert is_up_to_date(store, posted)


def test_a_plan_that_was_changed_in_the_database(
    plan_messages: PlanMessages, plan: PlanRecord, store: Store, releases: str, ann: SimulatedUser
) -> None:
    with store._database.writing() as session:
        session.connection().exec_driver_sql("UPDATE plan_versions SET hash = 'another'")
    message = plan_messages.post(plan.id, releases)
    shown = message_at(ann, releases, message.ts)
    assert "was changed in the database" in shown["text"]
    assert buttons(shown) == []


# two replicas


@pytest.fixture
def other_store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


def test_two_replicas_update_the_same_message(
    make_plan_messages: MakePlanMessages,
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    other_store: Store,
    ann: SimulatedUser,
) -> None:
    other = make_plan_messages(other_store)
    dismiss(other_store, posted.plan)
    other.update(posted.plan)
    plan_messages.update(posted.plan)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []
    assert is_up_to_date(store, posted)


def test_an_older_state_is_shown_last(
    make_plan_messages: MakePlanMessages,
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    other_store: Store,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first replica reads the plan. The other one dismisses the plan and updates the message.
    Then the first replica shows the older state."""
    other = make_plan_messages(other_store)
    plan = seen(store, posted.plan)
    postponed = replace(plan, state=PlanState.PROPOSED)
    assert store.commit(
        replace(closed(plan, PlanState.PROPOSED, AuditEventName.PINNED), after=postponed)
    )
    send = plan_messages._send

    def late(message: PlanMessage, shown: Any) -> None:
        monkeypatch.setattr(plan_messages, "_send", send)
        dismiss(other_store, posted.plan)
        other.update(posted.plan)
        send(message, shown)

    monkeypatch.setattr(plan_messages, "_send", late)
    plan_messages.update(posted.plan)
    assert "approve_plan" in buttons(message_at(ann, posted.channel, posted.ts))
    assert not is_up_to_date(store, posted)
    other.update_outdated(3)
    assert buttons(message_at(ann, posted.channel, posted.ts)) == []


# the list of manifests


def test_the_list_is_in_the_thread(
    posted: PlanMessage, slack: Workspace, ann: SimulatedUser
) -> None:
    (file,) = files_of(ann, posted)
    assert file["name"] == f"team-api-{posted.plan}-1.csv"
    head, *rows = rows_of(slack, file)
    assert {"digest", "verdict", "reasons"} <= {*head}
    assert {row[head.index("digest")] for row in rows} == {"sha256:old", "sha256:older"}


def test_every_version_has_its_own_list(
    make_plan_messages: MakePlanMessages,
    plan_messages: PlanMessages,
    posted: PlanMessage,
    store: Store,
    other_store: Store,
    ann: SimulatedUser,
) -> None:
    assert store.commit(new_version(seen(store, posted.plan), "old"))
    for each in (plan_messages, make_plan_messages(other_store), plan_messages):
        each.update_threads(5)
    names = [file["name"] for file in files_of(ann, posted)]
    assert names == [f"team-api-{posted.plan}-{version}.csv" for version in (1, 2)]


def test_a_failed_upload_is_retried(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    slack: Workspace,
    releases: str,
    ann: SimulatedUser,
) -> None:
    slack.faults.add(CallFault(method="files.completeUploadExternal", error="internal_error"))
    message = plan_messages.post(plan.id, releases)
    assert files_of(ann, message) == []
    plan_messages.update_threads(5)
    assert len(files_of(ann, message)) == 1


def test_the_bot_is_not_in_the_channel(
    plan_messages: PlanMessages, plan: PlanRecord, slack: Workspace, ann: SimulatedUser
) -> None:
    """The bot may post in the channel, but not upload files."""
    outside = slack.remote.add_channel("outside", [ann], with_bot=False)
    message = plan_messages.post(plan.id, outside)
    plan_messages.update_threads(5)
    shown = message_at(ann, outside, message.ts)
    assert shown["blocks"]
    (reply,) = shown["replies"]
    assert "Invite it with `/invite`" in reply["text"]


def test_a_plan_that_deletes_nothing_has_no_list(
    plan_messages: PlanMessages, store: Store, releases: str, ann: SimulatedUser
) -> None:
    message = plan_messages.post(propose(store, deletions=0).id, releases)
    assert files_of(ann, message) == []


def test_the_message_is_deleted_before_the_upload(
    plan_messages: PlanMessages,
    plan: PlanRecord,
    posted: PlanMessage,
    client: WebClient,
    store: Store,
) -> None:
    assert store.commit(new_version(plan, "old"))
    client.chat_delete(channel=posted.channel, ts=posted.ts)
    plan_messages.update_threads(5)
    assert store.messages_with_outdated_thread(5) == []


@pytest.mark.parametrize("number", [500, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_large_plan(
    plan_messages: PlanMessages,
    store: Store,
    slack: Workspace,
    releases: str,
    ann: SimulatedUser,
    number: int,
) -> None:
    large = content(*(f"build-{each}" for each in range(number)))
    made = record(hash=content_hash(large), manifests=number, deletions=number)
    assert store.commit(StoreChange([event(plan=made.id)], after=made, content=large))
    message = plan_messages.post(made.id, releases)
    (file,) = files_of(ann, message)
    assert len(rows_of(slack, file)) == number + 1
    assert store.commit(started(made, run_of(made)))
    plan_messages.update(made.id)
    assert "stop_plan" in buttons(message_at(ann, releases, message.ts))
