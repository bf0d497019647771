"""Socket Mode with slack_sdk's client."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from bot.playground.slack import APP_TOKEN, SimulatedUser, Workspace, WorkspaceClient

from .helpers import Bot, actions, button, client, error, manifest

TRIES = 5
"""slack_sdk sometimes connects twice, and a payload is sent to the connection that it closes."""


@contextmanager
def raw_connection(slack: Workspace) -> Iterator[Connection]:
    """A connection without an SDK."""
    url = client(slack, APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
    with connect(url) as connection:
        yield connection


def received(connection: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=10))
    return message


def acknowledge(connection: Connection, envelope_id: str) -> None:
    connection.send(json.dumps(SocketModeResponse(envelope_id).to_dict()))


def test_a_command_reaches_the_app_and_the_answer_reaches_the_user(
    bot: Bot, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    bot.answers["slash_commands"] = {"text": "on my way"}
    outcome = ann.types("/clean team/api  ", general)
    assert (outcome.result, outcome.sent) == ("ok", True)
    [payload] = bot.payloads("slash_commands")
    assert (payload["command"], payload["text"]) == ("/clean", "team/api")
    assert (payload["user_id"], payload["channel_id"]) == (ann.id, general)
    [answer] = ann.messages(general)
    assert (answer["text"], answer["ephemeral"]) == ("on my way", True)
    assert bob.messages(general) == []


def test_hello(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        hello = received(connection)
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": slack.app.id}


def test_a_ticket_is_valid_once(slack: Workspace) -> None:
    url = client(slack).apps_connections_open(app_token=APP_TOKEN)["url"]
    with connect(url) as connection:
        received(connection)
    with pytest.raises(InvalidStatus, match="403"):
        connect(url)


def test_only_an_app_token_opens_connections(slack: Workspace, web: WebClient) -> None:
    assert error(web.apps_connections_open, app_token=str(web.token)) == "not_allowed_token_type"
    slack.set_app_scopes(["authorizations:read"])
    assert error(web.apps_connections_open, app_token=APP_TOKEN) == "missing_scope"


def test_without_socket_mode_the_link_is_disabled() -> None:
    with (
        Workspace(manifest(socket_mode_enabled=False)) as slack,
        raw_connection(slack) as connection,
    ):
        assert received(connection)["reason"] == "link_disabled"


def test_an_eleventh_connection_is_rejected(slack: Workspace) -> None:
    connections = [raw_connection(slack) for _ in range(11)]
    hellos = [received(connection.__enter__()) for connection in connections]
    for connection in connections:
        connection.__exit__(None, None, None)
    assert [hello.get("num_connections") for hello in hellos] == [*range(1, 11), None]
    assert hellos[-1]["reason"] == "too_many_websockets"


def test_an_envelope_goes_to_one_connection_only(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    first, second = Bot(slack), Bot(slack)
    for each in (first, second):
        each.start()
    for _ in range(4):
        assert ann.types("/clean x", general).ok
    assert (len(first.received), len(second.received)) == (2, 2)
    for each in (first, second):
        each.stop()


def test_without_an_app_dispatch_fails(ann: SimulatedUser, general: str) -> None:
    outcome = ann.types("/clean x", general)
    assert (outcome.result, outcome.sent) == ("dispatch_failed", True)


def test_an_app_that_does_not_acknowledge(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    bot.silent.add("slash_commands")
    bot.does["slash_commands"] = lambda _: slack.remote.set_clock(shift=3)
    assert ann.types("/clean x", general).result == "operation_timeout"
    [delivery] = slack.remote.deliveries()
    assert delivery["took"] is None


def test_a_late_acknowledgement_in_real_time(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    slack.ack_timeout = 0.05
    bot.silent.add("slash_commands")
    assert ann.types("/clean x", general).result == "operation_timeout"


def test_an_acknowledgement_is_measured(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    bot.answers["slash_commands"] = {"text": "hi"}
    ann.types("/clean x", general)
    [delivery] = slack.remote.deliveries("slash_commands")
    assert 0 < delivery["took"] < 3
    assert delivery["answer"] == {"text": "hi"}


def test_an_event_is_retried_three_times(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    slack.remote.change_settings(ack_timeout=0.01, retries_after=[0, 0, 0])
    bot.silent.add("app_mention")
    assert ann.writes(f"<@{slack.app.user_id}> hi", general).sent
    payloads = bot.wait_for("app_mention", 4)
    assert {payload["event_id"] for payload in payloads} == {payloads[0]["event_id"]}
    attempts = [(each.retry_attempt, each.retry_reason) for each in bot.received]
    assert attempts == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]
    assert [each["retry_attempt"] for each in slack.remote.deliveries()] == [0, 1, 2, 3]


def test_retries_wait_for_the_clock(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    slack.retries_after = (3600,)
    bot.silent.add("app_mention")
    bot.does["app_mention"] = lambda _: slack.remote.set_clock(shift=3600)
    ann.writes(f"<@{slack.app.user_id}> hi", general)
    bot.wait_for("app_mention", 1)
    while len(bot.payloads("app_mention")) < 2:
        slack.remote.set_clock(shift=3600)
    assert bot.received[1].retry_attempt == 1


def test_an_acknowledged_event_is_sent_once(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    slack.retries_after = (0, 0, 0)
    ann.writes(f"<@{slack.app.user_id}> hi", general)
    bot.wait_for("app_mention")
    assert ann.types("/clean x", general).ok
    assert [each["kind"] for each in slack.remote.deliveries()] == ["app_mention", "slash_commands"]


@pytest.mark.parametrize("reason", ["refresh_requested", "dropped"])
def test_the_client_reconnects(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str, reason: str
) -> None:
    remote = slack.remote
    assert remote.connections() == [1]
    assert remote.disconnect(reason) == 1
    while remote.connections() != [2]:
        assert 1 not in remote.connections()
    assert any(ann.types("/clean x", general).ok for _ in range(TRIES))
    assert bot.payloads("slash_commands")


def test_a_warning_leaves_the_connection_open(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        received(connection)
        assert slack.remote.disconnect("warning", 1) == 1
        assert received(connection) == {
            "type": "disconnect",
            "reason": "warning",
            "debug_info": {"host": "applink-stand-in"},
        }
        assert slack.remote.connections() == [1]


def test_a_dropped_connection_closes_without_a_message(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        received(connection)
        slack.remote.disconnect("dropped")
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=10)


def test_a_delivery_can_be_repeated(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    ann.types("/clean x", general)
    [delivery] = slack.remote.deliveries()
    assert slack.remote.deliver_again(delivery["envelope_id"])
    first, second = bot.payloads("slash_commands")
    assert first == second


def test_a_payload_can_arrive_twice(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    posted = bot.web.chat_postMessage(channel=general, text="x", blocks=[actions(button())])
    slack.remote.add_delivery_fault(kind="block_actions", copies=1)
    assert ann.uses("go", channel=general, ts=posted["ts"]).ok
    first, second = bot.wait_for("block_actions", 2)
    assert first["actions"] == second["actions"]
    assert first["trigger_id"] == second["trigger_id"]


@pytest.mark.parametrize("effect", [{"lost": True}, {"cut": "before"}, {"cut": "body"}])
def test_a_payload_can_get_lost(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str, effect: dict[str, Any]
) -> None:
    slack.ack_timeout = 0.05
    slack.remote.add_delivery_fault(envelope="slash_commands", **effect)
    assert ann.types("/clean x", general).result == "operation_timeout"
    assert bot.payloads("slash_commands") == []


@pytest.mark.usefixtures("bot")
def test_a_connection_that_is_cut_after_the_payload(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    slack.ack_timeout = 0.05
    slack.remote.add_delivery_fault(cut="after")
    assert ann.types("/clean x", general).result == "operation_timeout"
    assert slack.remote.deliveries()[0]["connection"] == 1


def test_forged_text_reaches_the_app(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        received(connection)
        slack.remote.post("/raw", text='{"envelope_id": "1", "payl')
        slack.remote.post("/raw", message={"type": "interactive", "payload": {}})
        assert connection.recv(timeout=10) == '{"envelope_id": "1", "payl'
        assert received(connection) == {"type": "interactive", "payload": {}}


def test_forged_text_instead_of_a_payload(
    slack: Workspace, ann: SimulatedUser, general: str
) -> None:
    slack.ack_timeout = 0.05
    slack.remote.add_delivery_fault(body="not json")
    with raw_connection(slack) as connection:
        received(connection)
        assert ann.types("/clean x", general).result == "operation_timeout"
        assert connection.recv(timeout=10) == "not json"


def test_ignored_answers_add_a_warning(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    posted = bot.web.chat_postMessage(channel=general, text="x", blocks=[actions(button())])
    bot.answers["block_actions"] = {"text": "ignored"}
    assert ann.uses("go", channel=general, ts=posted["ts"]).ok
    [warning] = slack.remote.warnings()
    assert "answers block_actions with a payload" in warning["text"]


def test_acknowledging_unknown_envelopes_adds_a_warning(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        received(connection)
        acknowledge(connection, "nothing")
        connection.send("nonsense")
        while len(slack.remote.warnings()) < 2:
            pass
    assert {each["where"] for each in slack.remote.warnings()} == {"socket"}


def test_pings_are_answered(slack: Workspace) -> None:
    with raw_connection(slack) as connection:
        assert connection.ping().wait(timeout=10)


def test_events_without_subscription_are_not_sent(slack: Workspace, ann: SimulatedUser) -> None:
    channel = slack.remote.add_channel("quiet", [ann])
    assert not ann.writes("hello", channel).sent
    assert not ann.joins(channel).sent
    assert ann.writes("hello", ann.opens_im()).sent


def test_200_concurrent_commands_arrive(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    remote = WorkspaceClient(slack.url)
    person = remote.user(ann.id)
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(lambda n: person.types(f"/clean {n}", general), range(200)))
    assert {outcome.result for outcome in outcomes} == {"ok"}
    texts = {payload["text"] for payload in bot.payloads("slash_commands")}
    assert texts == {str(number) for number in range(200)}


def test_an_internal_error_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"bug in the stand-in at auth\.test"):
        _break(monkeypatch)


def _break(monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspace(manifest()) as slack:
        monkeypatch.setattr(type(slack.limits), "take", lambda *_: 1 / 0)
        with pytest.raises(Exception, match="bug in the stand-in"):
            client(slack).auth_test()
