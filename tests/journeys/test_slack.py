"""Reports and decisions in Slack with `ecr-clean serve` in its own processes, over real sockets,
with failures on the way."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanRecord
from bot.playground.aws import AwsStandIn
from bot.playground.slack import TEAM_ID, ActionOutcome, SimulatedUser, Workspace
from bot.slack.listener import UNEXPECTED_PAYLOAD
from bot.store.store import Store
from tests.cli.plan_execution import DELETION, PATIENCE, as_stored, late_by, until
from tests.cli.test_serve import ServeProcess, serving
from tests.journeys.conftest import WITHOUT_TYPING, WriteApproval
from tests.slack.running_bot import Json, private_messages, public_messages, text_of
from tests.slack.support import buttons, message_at
from tests.support import Shelf

AN_HOUR = timedelta(hours=1)
REPORTED = ["approve_plan", "pin_tags", "show_images", "dismiss_plan"]
DELETED_TAGS = {"1.0", "1.1", "1.2"}
KEPT_TAGS = {f"1.{number}" for number in range(3, 13)}


@contextmanager
def serving_slack(slack: Workspace, replicas: int = 1) -> Iterator[ServeProcess]:
    with serving() as bot:
        until(lambda: len(slack.remote.connections()) == replicas)
        yield bot


def kill(bot: ServeProcess) -> None:
    bot.process.send_signal(signal.SIGKILL)
    bot.process.wait(PATIENCE)


def request_report(person: SimulatedUser, channel: str) -> Json:
    """Requests a report, and waits for its buttons and its list."""
    assert person.types("/ecr-clean team/api", channel).ok

    def reports() -> list[Json]:
        return [each for each in public_messages(person, channel) if each["replies"]]

    until(reports)
    (report,) = reports()
    assert buttons(report) == REPORTED
    return report


def clicks(person: SimulatedUser, action_id: str, message: Json, channel: str) -> ActionOutcome:
    """Confirms the dialog, if there is one."""
    where = {"channel": channel, "ts": message["ts"]}
    outcome = person.uses(action_id, **where)
    return person.uses(action_id, confirm=True, **where) if outcome.dialog else outcome


def until_shown(person: SimulatedUser, channel: str, message: Json, *action_ids: str) -> None:
    until(lambda: buttons(message_at(person, channel, message["ts"])) == list(action_ids))


def until_modal(person: SimulatedUser, words: str) -> None:
    until(lambda: (modal := person.modal()) and words in text_of(modal))


def until_answered(person: SimulatedUser, channel: str, times: int = 1) -> None:
    until(lambda: len(private_messages(person, channel)) == times)


def until_reconnected(slack: Workspace, before: list[int]) -> None:
    until(lambda: (now := slack.remote.connections()) and not set(now) & set(before))


def only_plan(store: Store) -> PlanRecord:
    (plan,) = store.open_plans()
    return plan


def events(store: Store, plan_id: str) -> list[AuditEventName]:
    return [event.event for event in store.events() if event.plan == plan_id]


def tags(shelf: Shelf) -> set[str]:
    return {tag for each in tuple(shelf.repository.manifests.values()) for tag in each.tags}


# without failures


@pytest.mark.usefixtures("without_typing")
def test_report_stop_and_deletion(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
    aws: AwsStandIn,
) -> None:
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store)
        where = {"channel": ops, "ts": report["ts"]}
        asking = ann.uses("approve_plan", **where)
        assert (asking.result, asking.sent) == ("confirm", False)
        assert "Delete 3 images?" in json.dumps(asking.dialog)
        assert ann.uses("approve_plan", confirm=False, **where).result == "cancelled"
        assert as_stored(own_store, plan.id).state is PlanState.PROPOSED

        assert ann.uses("approve_plan", confirm=True, **where).ok
        until_shown(bob, ops, report, "stop_plan", "pin_tags", "show_images")
        assert f"Approved by <@{ann.id}>" in message_at(bob, ops, report["ts"])["text"]
        assert clicks(bob, "stop_plan", report, ops).ok
        until_shown(ann, ops, report, *REPORTED)
        assert as_stored(own_store, plan.id).current_approvals == ()
        assert tags(releases) == DELETED_TAGS | KEPT_TAGS

        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        late_by(own_store, plan.id, AN_HOUR)
        until_shown(ann, ops, report, "result_details")
        until(lambda: ": deleted 3 images" in message_at(bob, ops, report["ts"])["text"])
    assert as_stored(own_store, plan.id).state is PlanState.DONE
    assert tags(releases) == KEPT_TAGS
    assert aws.world.calls.count(DELETION) == 1
    assert len(public_messages(ann, ops)) == 1
    assert private_messages(ann, ops) == private_messages(bob, ops) == []


@pytest.mark.slow
@pytest.mark.usefixtures("releases")
def test_the_name_is_typed(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, approval: WriteApproval
) -> None:
    approval("type_to_confirm_over: 10%")
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        assert clicks(ann, "approve_plan", report, ops).ok
        until_modal(ann, "type the repository's name: `team/api`")
        wrong = ann.submits(typed_name="team/ap")
        assert wrong.errors == {"typed_name": "Type the exact name: team/api"}
        ann.closes()
        assert as_stored(own_store, plan).state is PlanState.PROPOSED
        assert clicks(ann, "approve_plan", report, ops).ok
        until_modal(ann, "type the repository's name: `team/api`")
        assert ann.submits(typed_name="team/api").ok
        until_modal(ann, "Approved. Deletion starts")
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
    assert as_stored(own_store, plan).state is PlanState.APPROVED


# restarts and replicas


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_the_bot_is_killed_between_message_and_click(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, releases: Shelf
) -> None:
    """Repeatedly: every button is older than the process that handles the click."""
    with serving_slack(slack) as bot:
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        kill(bot)
    assert clicks(ann, "show_images", report, ops).result == "dispatch_failed"
    with serving_slack(slack) as bot:
        assert clicks(ann, "show_images", report, ops).ok
        until_modal(ann, "1.0")
        ann.closes()
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        kill(bot)
    with serving_slack(slack):
        assert clicks(ann, "stop_plan", report, ops).ok
        until_shown(ann, ops, report, *REPORTED)
        assert clicks(ann, "dismiss_plan", report, ops).ok
        until_shown(ann, ops, report)
    assert as_stored(own_store, plan).state is PlanState.DISMISSED
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS
    assert private_messages(ann, ops) == []


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_two_replicas(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    shared_store: Store,
    releases: Shelf,
    aws: AwsStandIn,
) -> None:
    """One report is posted. Of two users who click at the same moment, one approves; both see the
    same state."""
    with serving_slack(slack), serving_slack(slack, 2):
        report = request_report(ann, ops)
        plan = only_plan(shared_store).id
        with ThreadPoolExecutor(2) as pool:
            outcomes = pool.map(
                lambda person: clicks(person, "approve_plan", report, ops), [ann, bob]
            )
        assert all(outcome.ok for outcome in outcomes)
        until_shown(bob, ops, report, "stop_plan", "pin_tags", "show_images")
        until(lambda: private_messages(ann, ops) + private_messages(bob, ops))
        (approval,) = as_stored(shared_store, plan).current_approvals
        late, first = (ann, bob) if approval.by == bob.id else (bob, ann)
        assert private_messages(late, ops) == ["The plan for team/api is already approved"]
        assert private_messages(first, ops) == []
        late_by(shared_store, plan, AN_HOUR)
        until(lambda: ": deleted 3 images" in message_at(ann, ops, report["ts"])["text"])
        until_shown(ann, ops, report, "result_details")
    said = events(shared_store, plan)
    for event in (
        AuditEventName.PROPOSED,
        AuditEventName.APPROVED,
        AuditEventName.STARTED,
        AuditEventName.ENDED,
    ):
        assert said.count(event) == 1
    assert len({each["connection"] for each in slack.remote.deliveries("block_actions")}) == 2
    assert len(public_messages(ann, ops)) == 1
    assert (tags(releases), aws.world.calls.count(DELETION)) == (KEPT_TAGS, 1)


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_buttons_of_a_lost_plan(
    slack: Workspace,
    ann: SimulatedUser,
    ops: str,
    releases: Shelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after the loss of the database."""
    with serving_slack(slack) as bot:
        report = request_report(ann, ops)
        assert bot.leave() == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another-state"))
    with serving_slack(slack):
        for number, action_id in enumerate(("approve_plan", "dismiss_plan"), start=1):
            assert clicks(ann, action_id, report, ops).ok
            until_answered(ann, ops, number)
        assert all(each.startswith("No plan ") for each in private_messages(ann, ops))
        newer = ann.types("/ecr-clean team/api", ops)
        assert newer.ok
        until(lambda: buttons(public_messages(ann, ops)[-1]) == REPORTED)
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


# failures of Slack and of the network


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_repeated_deliveries(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, releases: Shelf
) -> None:
    """Each action counts once. A repeated delivery does not approve a stopped plan."""
    for kind, count in (("slash_commands", 1), ("interactive", 2)):
        slack.remote.add_delivery_fault(envelope=kind, copies=1, times=count)
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        clicks(ann, "approve_plan", report, ops)
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        clicks(ann, "stop_plan", report, ops)
        until_shown(ann, ops, report, *REPORTED)
        deliveries = slack.remote.deliveries()
        assert len(deliveries) == 6
        for each in deliveries:
            assert slack.remote.deliver_again(each["envelope_id"])
        assert clicks(ann, "dismiss_plan", report, ops).ok
        until_shown(ann, ops, report)
    assert as_stored(own_store, plan).state is PlanState.DISMISSED
    said = events(own_store, plan)
    for event in (AuditEventName.PROPOSED, AuditEventName.APPROVED, AuditEventName.DISMISSED):
        assert said.count(event) == 1
    assert AuditEventName.REFUSED not in said
    assert len(public_messages(ann, ops)) == 1
    assert private_messages(ann, ops) == []
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_slack_is_busy(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, releases: Shelf
) -> None:
    """Rejected updates are retried, and no action is repeated."""
    busy = {"error": "ratelimited", "retry_after": 1}
    slack.remote.add_fault("chat.postMessage", **busy)
    slack.remote.add_fault("chat.update", **busy)
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        slack.remote.add_fault("chat.update", **busy, times=2)
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        slack.remote.add_fault("chat.update", **busy)
        late_by(own_store, plan, AN_HOUR)
        until(lambda: ": deleted 3 images" in message_at(ann, ops, report["ts"])["text"])
        until_shown(ann, ops, report, "result_details")
    refused = [each for each in slack.remote.calls() if each["error"] == "ratelimited"]
    assert len(refused) == 5
    assert events(own_store, plan).count(AuditEventName.APPROVED) == 1
    assert len(public_messages(ann, ops)) == 1
    assert tags(releases) == KEPT_TAGS


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_the_connection_breaks(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, releases: Shelf
) -> None:
    """Before the click, during it, and while the plan is executed."""
    with serving_slack(slack) as bot:
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        for reason in ("dropped", "refresh_requested"):
            before = slack.remote.connections()
            assert slack.remote.disconnect(reason) == 1
            until_reconnected(slack, before)
        before = slack.remote.connections()
        slack.remote.change_settings(ack_timeout=0.5)
        slack.remote.add_delivery_fault(kind="block_actions", cut="before")
        assert clicks(ann, "approve_plan", report, ops).result == "operation_timeout"
        slack.remote.change_settings(ack_timeout=3)
        until_reconnected(slack, before)
        assert as_stored(own_store, plan).state is PlanState.PROPOSED
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        before = slack.remote.connections()
        late_by(own_store, plan, AN_HOUR)
        slack.remote.disconnect("dropped")
        until(lambda: ": deleted 3 images" in message_at(ann, ops, report["ts"])["text"])
        until_reconnected(slack, before)
        assert bot.process.poll() is None
    assert tags(releases) == KEPT_TAGS
    assert events(own_store, plan).count(AuditEventName.APPROVED) == 1


# refusals and forged payloads


def forged(person: SimulatedUser, channel: str, message: Json, value: Any) -> Json:
    return {
        "type": "block_actions",
        "team": {"id": TEAM_ID},
        "user": {"id": person.id, "team_id": TEAM_ID},
        "trigger_id": f"1.2.{uuid4().hex}",
        "channel": {"id": channel},
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": channel},
        "actions": [
            {
                "type": "button",
                "action_id": "approve_plan",
                "block_id": "b",
                "value": value,
                "action_ts": "1.2",
            }
        ],
    }


@pytest.mark.slow
@pytest.mark.usefixtures("without_typing")
def test_forged_and_cut_payloads(
    slack: Workspace, ann: SimulatedUser, ops: str, own_store: Store, releases: Shelf
) -> None:
    with serving_slack(slack) as bot:
        report = request_report(ann, ops)
        plan = only_plan(own_store)
        values = ["abc:-1", "abc:1 OR 1=1", f"{plan.id}:1:" + "a" * 101, None, {"plan": plan.id}]
        payloads: list[Any] = [forged(ann, ops, report, value) for value in values]
        payloads += [{}, "a text", {"type": "block_actions", "actions": None}]
        for payload in payloads:
            envelope = {"envelope_id": str(uuid4()), "type": "interactive", "payload": payload}
            assert slack.remote.post("/raw", message=envelope)["sent"]
        until(lambda: len(slack.remote.warnings()) == len(payloads))
        assert {each["where"] for each in slack.remote.warnings()} == {"socket"}
        slack.remote.delete("/warnings")
        until(lambda: private_messages(ann, ops) == [UNEXPECTED_PAYLOAD] * len(values))
        for text in ("", "{", '{"type": "disconnect"', "\N{PILE OF POO}" * 1000):
            slack.remote.post("/raw", text=text)
        slack.remote.change_settings(ack_timeout=0.5)
        slack.remote.add_delivery_fault(kind="block_actions", body='{"type": "interactive", "pay')
        assert clicks(ann, "approve_plan", report, ops).result == "operation_timeout"
        slack.remote.change_settings(ack_timeout=3)
        assert as_stored(own_store, plan.id) == plan
        assert clicks(ann, "dismiss_plan", report, ops).ok
        until_shown(ann, ops, report)
        assert bot.process.poll() is None
        assert not any("Traceback" in line or "1=1" in line for line in bot.said)
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


@pytest.mark.slow
@pytest.mark.usefixtures("releases")
@pytest.mark.parametrize(
    ("settings", "name", "why"),
    [("", "guest", "is a guest"), (", approvers: [{bob}]", "ann", "is not an approver")],
)
def test_refused_users(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    guest: SimulatedUser,
    ops: str,
    own_store: Store,
    approval: WriteApproval,
    settings: str,
    name: str,
    why: str,
) -> None:
    """Only the refused user sees the reason. Other users can still approve."""
    approval(WITHOUT_TYPING + settings.format(bob=bob.id))
    refused, other = (guest, ann) if name == "guest" else (ann, guest)
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        assert clicks(refused, "approve_plan", report, ops).ok
        until_answered(refused, ops)
        (said,) = private_messages(refused, ops)
        assert why in said
        assert private_messages(other, ops) == private_messages(bob, ops) == []
        assert as_stored(own_store, plan).current_approvals == ()
        assert buttons(message_at(bob, ops, report["ts"])) == REPORTED
        assert clicks(bob, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
    assert events(own_store, plan).count(AuditEventName.REFUSED) == 1
    assert len(public_messages(ann, ops)) == 1
