"""`ecr-clean serve` as a process between the simulated Slack and AWS."""

import json
import signal
from pathlib import Path

import pytest

from bot.cli.serve import MAX_SECONDS_WITHOUT_SLACK, SlackConnectionMonitor
from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.playground.slack import BOT_TOKEN, SimulatedUser, Workspace
from bot.store.store import Store
from tests.cli.plan_execution import PATIENCE, until
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.cli.test_serve import LINE, serving
from tests.slack.running_bot import Json
from tests.slack.support import buttons, message_at
from tests.support import Result, Run, Shelf

SETTINGS = f"{LOOKED_AT}reports: [{{channel: '#releases'}}]\n"
MILD = "approval: {type_to_confirm_over: 100%}\n"
TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


@pytest.fixture
def releases(slack: Workspace, ann: SimulatedUser) -> str:
    return slack.remote.add_channel("releases", [ann])


def last_line(result: Result) -> str:
    """The output also says that the database is new."""
    return result.err.splitlines()[-1]


def message_with(person: SimulatedUser, channel: str, action_id: str) -> Json:
    """Waits for a message with this button."""
    found: list[Json] = []

    def is_there() -> bool:
        found[:] = [each for each in person.messages(channel) if action_id in buttons(each)]
        return bool(found)

    until(is_there)
    return found[0]


# requirements


@pytest.mark.parametrize("missing", TOKENS)
def test_one_token_is_missing(
    slack: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    del slack
    monkeypatch.delenv(missing)
    result = run("serve")
    assert (result.status, result.out) == (2, "")
    assert f"{missing} is not set" in last_line(result)


def test_no_credentials_at_all(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment
    for name in (*TOKENS, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    result = run("serve")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("ecr-clean: serve found no credentials. For Slack, set ")


@pytest.mark.parametrize("wrong", TOKENS)
def test_slack_refuses_a_token(
    slack: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    del slack
    monkeypatch.setenv(wrong, "xoxb-nonsense")
    result = run("serve")
    assert (result.status, result.out) == (1, "")
    assert f"set {wrong} to" in last_line(result)
    assert "xoxb-nonsense" not in result.err


def test_slack_is_unreachable(slack: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    del slack
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    result = run("serve")
    assert result.status == 1
    assert "Slack could not be reached" in last_line(result)


def test_an_unknown_channel(
    slack: Workspace, run: Run, settings_file: Write, releases: str
) -> None:
    del slack, releases
    settings_file("reports: [{channel: '#relaeses'}]")
    result = run("serve")
    assert result.status == 2
    assert "did you mean #releases?" in last_line(result)


# behavior


def test_from_the_command_to_the_result(
    slack: Workspace,
    ann: SimulatedUser,
    releases: str,
    settings_file: Write,
    builds: Shelf,
    own_store: Store,
) -> None:
    settings_file(f"{SETTINGS}{MILD}execution: {{undo_window: 1s}}\n")
    with serving() as bot:
        until(slack.remote.connections)
        assert ann.types(f"/ecr-clean {builds.id.name}", releases).ok
        report = message_with(ann, releases, "approve_plan")
        where = {"channel": releases, "ts": report["ts"]}
        assert ann.uses("approve_plan", confirm=True, **where).ok
        (plan,) = own_store.open_plans()
        until(lambda: ": deleted " in message_at(ann, releases, report["ts"])["text"])
        assert bot.leave() == 0
    stored = own_store.plan(plan.id)
    assert stored
    assert stored.state is PlanState.DONE
    assert buttons(message_at(ann, releases, report["ts"])) == ["result_details"]
    assert bot.has_said("INFO Connected to Slack")
    assert all(LINE.fullmatch(line.strip()) for line in bot.said)
    assert not any(token in line for line in bot.said for token in slack.environment().values())
    assert slack.remote.warnings() == []


@pytest.mark.slow
def test_a_shutdown_in_the_middle(
    slack: Workspace,
    ann: SimulatedUser,
    releases: str,
    settings_file: Write,
    builds: Shelf,
    own_store: Store,
) -> None:
    """Accepted work is finished, and the next process finds the message as it should be."""
    settings_file(SETTINGS + MILD)
    with serving() as bot:
        until(slack.remote.connections)
        ann.types(f"/ecr-clean {builds.id.name}", releases)
        report = message_with(ann, releases, "dismiss_plan")
        where = {"channel": releases, "ts": report["ts"]}
        slack.remote.add_fault("users.info", delay=1)
        assert ann.uses("dismiss_plan", **where).ok
        assert bot.leave() == 0
    assert own_store.open_plans() == []
    with serving():
        until(lambda: buttons(message_at(ann, releases, report["ts"])) == [])


@pytest.mark.slow
def test_the_slack_process_is_killed_between_message_and_click(
    slack: Workspace, ann: SimulatedUser, releases: str, settings_file: Write, builds: Shelf
) -> None:
    settings_file(SETTINGS + MILD)
    with serving() as bot:
        until(slack.remote.connections)
        ann.types(f"/ecr-clean {builds.id.name}", releases)
        report = message_with(ann, releases, "approve_plan")
        bot.process.send_signal(signal.SIGKILL)
        bot.process.wait(PATIENCE)
    where = {"channel": releases, "ts": report["ts"]}
    assert ann.uses("approve_plan", confirm=True, **where).result == "dispatch_failed"
    with serving():
        until(slack.remote.connections)
        assert ann.uses("approve_plan", confirm=True, **where).ok
        until(lambda: "stop_plan" in buttons(message_at(ann, releases, report["ts"])))


@pytest.mark.slow
def test_nothing_can_be_approved(slack: Workspace, settings_file: Write) -> None:
    settings_file(LOOKED_AT)
    with serving() as bot:
        until(slack.remote.connections)
        until(lambda: bot.has_said("WARNING No plan can be approved in Slack: no entry of"))


@pytest.mark.slow
def test_socket_mode_is_switched_off_during_operation(
    slack: Workspace, settings_file: Write
) -> None:
    settings_file(SETTINGS.replace("#releases", "C0000000001"))
    with serving() as bot:
        until(slack.remote.connections)
        slack.remote.disconnect("link_disabled")
        assert bot.process.wait(PATIENCE) == 1
    assert bot.has_said("ecr-clean: Socket Mode is disabled for the app")
    assert BOT_TOKEN not in json.dumps(bot.said)


# how long it waits for Slack


class Line:
    def __init__(self) -> None:
        self.answers = True

    def is_up(self) -> bool:
        return self.answers


def test_slack_is_unreachable_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    line, now = Line(), [0.0]
    monkeypatch.setattr("bot.cli.serve.time.monotonic", lambda: now[0])
    monitor = SlackConnectionMonitor(line)  # type: ignore[arg-type]
    for is_up, seconds in ((False, 1), (False, MAX_SECONDS_WITHOUT_SLACK), (True, 1), (False, 1)):
        line.answers = is_up
        now[0] += seconds - 1
        monitor.check()
    now[0] += MAX_SECONDS_WITHOUT_SLACK + 1
    with pytest.raises(ServiceError, match="No connection to Slack for 120 seconds"):
        monitor.check()
