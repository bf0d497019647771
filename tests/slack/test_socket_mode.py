"""The line to Slack: it is let in, hung up on, and connects again."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from websocket import WebSocketApp
from websocket._dispatcher import Dispatcher

from bot.core.errors import ServiceError
from bot.playground.slack import APP_TOKEN, BOT_TOKEN, CallFault, Person, Workspace
from bot.slack.socket_mode import LISTENERS_AT_ONCE, SILENT_FOR_TOO_LONG, SlackConnection
from tests.slack.running_bot import PATIENCE, RunningBot, close, private_messages, until
from tests.slack.support import calls


@pytest.fixture
def make_line(bot: RunningBot) -> Iterator[Callable[[str], SlackConnection]]:
    lines = []

    def make(token: str) -> SlackConnection:
        lines.append(SlackConnection(bot.context, token))
        return lines[-1]

    yield make
    for line in lines:
        close(line)


@pytest.mark.parametrize("token", ["xapp-1-nonsense", BOT_TOKEN])
def test_a_token_that_slack_does_not_take(
    make_line: Callable[[str], SlackConnection], token: str
) -> None:
    with pytest.raises(ServiceError, match="set SLACK_APP_TOKEN to an app-level") as caught:
        make_line(token).connect()
    assert token not in str(caught.value)


def test_a_token_without_its_scope(
    make_line: Callable[[str], SlackConnection], slack: Workspace
) -> None:
    slack.remote.put("/scopes", app=[])
    with pytest.raises(ServiceError, match="lacks the scope connections:write"):
        make_line(APP_TOKEN).connect()


def test_slack_fails(make_line: Callable[[str], SlackConnection], slack: Workspace) -> None:
    slack.faults.add(CallFault(method="apps.connections.open", error="internal_error"))
    with pytest.raises(ServiceError, match="Connecting in Slack failed: internal_error"):
        make_line(APP_TOKEN).connect()


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """websocket-client looks every ten seconds whether another thread closed the connection."""
    monkeypatch.setattr(WebSocketApp, "create_dispatcher", lambda app, *_: Dispatcher(app, 0.01))


@pytest.mark.usefixtures("_looks_often")
@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "dropped"])
def test_it_connects_again(
    bot: RunningBot, slack: Workspace, ann: Person, releases: str, reason: str
) -> None:
    (before,) = slack.remote.connections()
    slack.remote.disconnect(reason)
    until(lambda: any(number > before for number in slack.remote.connections()))
    until(bot.line.is_up)
    until(lambda: bot.says(ann, "/ecr-clean help").ok)
    assert private_messages(ann, releases)


def test_socket_mode_is_switched_off(bot: RunningBot, slack: Workspace) -> None:
    slack.remote.disconnect("link_disabled")

    def never_will_be() -> bool:
        try:
            bot.line.is_up()
        except ServiceError as error:
            return "Socket Mode is switched off" in str(error)
        return False

    until(never_will_be)


@pytest.mark.usefixtures("_looks_often")
def test_nobody_is_at_the_other_end(bot: RunningBot, slack: Workspace) -> None:
    """As behind a router that has forgotten the connection."""
    (before,) = slack.remote.connections()
    session = bot.line._client.current_session
    assert session
    now = time.time()
    bot.line._opened_at = session.last_pong_tm = now - SILENT_FOR_TOO_LONG - 2
    session.last_ping_tm = now - 1
    assert not bot.line.is_up()
    until(lambda: any(number > before for number in slack.remote.connections()))


@pytest.mark.parametrize("number", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_many_at_once(bot: RunningBot, slack: Workspace, ann: Person, number: int) -> None:
    """None is lost, whatever Slack's limits do to the answers."""
    slack.remote.change_settings(limits=False)
    message = bot.posted()
    with ThreadPoolExecutor(number) as pool:
        outcomes = list(pool.map(lambda _: bot.uses(ann, "show_images", message), range(number)))
    bot.settle()
    assert {outcome.result for outcome in outcomes} == {"ok"}
    assert len(calls(slack, "views.open")) == number


def test_slow_work_holds_up_no_acknowledgement(
    bot: RunningBot, slack: Workspace, ann: Person
) -> None:
    """No thread is left for another listener."""
    message, done = bot.posted(), Event()
    slow = [bot.line._executor.submit(done.wait, PATIENCE) for _ in range(LISTENERS_AT_ONCE)]
    outcomes = [bot.uses(ann, "show_images", message) for _ in range(3)]
    assert {outcome.result for outcome in outcomes} == {"ok"}
    assert calls(slack, "views.open") == []
    assert not any(each.done() for each in slow)
    done.set()
    bot.settle()
