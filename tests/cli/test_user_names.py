"""Tables name Slack users where Slack can be asked; JSON and CSV have IDs."""

import orjson
import pytest

from bot.core.records import AuditEventName, Pause
from bot.playground.slack import SimulatedUser, Workspace
from bot.store.store import Store
from tests.slack.support import calls
from tests.store.support import event
from tests.support import NOW, Run


def pause(store: Store, by: str) -> None:
    paused = event(AuditEventName.PAUSED, by=by)
    assert store.set_pause(Pause(by, NOW, ""), paused)
    assert store.set_pause(None, event(AuditEventName.RESUMED, by=by))


def test_the_audit_names_users(
    run: Run, slack: Workspace, ann: SimulatedUser, own_store: Store
) -> None:
    pause(own_store, ann.id)
    table = run("audit")
    assert f"ann ({ann.id}): " in table.out
    assert len(calls(slack, "users.info")) == 1
    listed = [orjson.loads(line) for line in run("audit", "--format", "json").out.splitlines()]
    assert {each["by"] for each in listed} == {ann.id}
    assert ann.id in run("audit", "--format", "csv").out
    assert len(calls(slack, "users.info")) == 1


@pytest.mark.parametrize("error", ["user_not_found", "fatal_error"])
def test_without_an_answer_the_id_is_shown(
    run: Run, slack: Workspace, ann: SimulatedUser, own_store: Store, error: str
) -> None:
    pause(own_store, ann.id)
    slack.remote.add_fault("users.info", error=error)
    result = run("audit")
    assert (result.status, result.err) == (0, "")
    assert f"{ann.id}: " in result.out


def test_a_wrong_slack_address_does_not_fail_the_table(
    run: Run,
    slack: Workspace,
    ann: SimulatedUser,
    own_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del slack
    pause(own_store, ann.id)
    monkeypatch.setenv("SLACK_API_URL", "nonsense")
    result = run("audit")
    assert (result.status, result.err) == (0, "")
    assert f"{ann.id}: " in result.out


def test_without_slack_no_call_is_made(run: Run, own_store: Store) -> None:
    pause(own_store, "U0000000001")
    assert "U0000000001: " in run("audit").out
