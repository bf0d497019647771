"""The connection to Slack: tokens, reconnects and acknowledgements."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from websocket import WebSocketApp
from websocket._dispatcher import Dispatcher

from bot.core.errors import ServiceError
from bot.playground.slack import APP_TOKEN, BOT_TOKEN, CallFault, SimulatedUser, Workspace
from bot.slack.socket_mode import LISTENERS_AT_ONCE, PONG_TIMEOUT, SlackConnection
from tests.slack.running_bot import TIMEOUT, RunningBot, close, private_messages, until
from tests.slack.support import calls


@pytest.fixture
def make_connection(bot: RunningBot) -> Iterator[Callable[[str], SlackConnection]]:
    connections = []

    def make(token: str) -> SlackConnection:
        connections.append(SlackConnection(bot.context, token))
        return connections[-1]

    yield make
    for connection in connections:
        close(connection)


@pytest.mark.parametrize("token", ["xapp-1-nonsense", BOT_TOKEN])
def test_an_invalid_token(make_connection: Callable[[str], SlackConnection], token: str) -> None:
    with pytest.raises(ServiceError, match="set SLACK_APP_TOKEN to an app-level") as caught:
        make_connection(token).connect()
    assert token not in str(caught.value)


def test_a_token_without_its_scope(
    make_connection: Callable[[str], SlackConnection], slack: Workspace
) -> None:
    slack.remote.put("/scopes", app=[])
    with pytest.raises(ServiceError, match="lacks the scope connections:write"):
        make_connection(APP_TOKEN).connect()


def test_connecting_fails(
    make_connection: Callable[[str], SlackConnection], slack: Workspace
) -> None:
    slack.faults.add(CallFault(method="apps.connections.open", error="internal_error"))
    with pytest.raises(ServiceError, match="Connecting in Slack failed: internal_error"):
        make_connection(APP_TOKEN).connect()


@pytest.fixture
def _checks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """websocket-client checks every ten seconds whether another thread closed the connection."""
    monkeypatch.setattr(WebSocketApp, "create_dispatcher", lambda app, *_: Dispatcher(app, 0.01))


@pytest.mark.usefixtures("_checks_often")
@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "dropped"])
def test_it_reconnects(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, releases: str, reason: str
) -> None:
    (before,) = slack.remote.connections()
    slack.remote.disconnect(reason)
    until(lambda: any(number > before for number in slack.remote.connections()))
    until(bot.connection.is_up)
    until(lambda: bot.send_command(ann, "/ecr-clean help").ok)
    assert private_messages(ann, releases)


def test_socket_mode_is_disabled(bot: RunningBot, slack: Workspace) -> None:
    slack.remote.disconnect("link_disabled")

    def is_reported() -> bool:
        try:
            bot.connection.is_up()
        except ServiceError as error:
            return "Socket Mode is disabled" in str(error)
        return False

    until(is_reported)


@pytest.mark.usefixtures("_checks_often")
def test_a_dead_connection(bot: RunningBot, slack: Workspace) -> None:
    """As after a router dropped the connection."""
    (before,) = slack.remote.connections()
    session = bot.connection._client.current_session
    assert session
    now = time.time()
    bot.connection._opened_at = session.last_pong_tm = now - PONG_TIMEOUT - 2
    session.last_ping_tm = now - 1
    assert not bot.connection.is_up()
    until(lambda: any(number > before for number in slack.remote.connections()))


@pytest.mark.parametrize("number", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_many_clicks_at_once(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, number: int
) -> None:
    """The bot handles all of them."""
    slack.remote.change_settings(limits=False)
    message = bot.posted()
    with ThreadPoolExecutor(number) as pool:
        outcomes = list(pool.map(lambda _: bot.uses(ann, "show_images", message), range(number)))
    bot.wait_until_idle()
    assert {outcome.result for outcome in outcomes} == {"ok"}
    assert len(calls(slack, "views.open")) == number


def test_slow_listeners_do_not_delay_acknowledgements(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    """Slow listeners occupy all threads."""
    message, done = bot.posted(), Event()
    slow = [bot.connection._executor.submit(done.wait, TIMEOUT) for _ in range(LISTENERS_AT_ONCE)]
    outcomes = [bot.uses(ann, "show_images", message) for _ in range(3)]
    assert {outcome.result for outcome in outcomes} == {"ok"}
    assert calls(slack, "views.open") == []
    assert not any(each.done() for each in slow)
    done.set()
    bot.wait_until_idle()
