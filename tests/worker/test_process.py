"""The worker in its own process, with the stand-ins of AWS and Slack."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.process import system_clock
from bot.settings.model import Settings
from bot.store.store import Store, open_store
from bot.store.tables import DatabaseInfoRow
from tests.cli.plan_execution import AT_ONCE, PATIENCE, as_stored, until
from tests.postgres import Server
from tests.slack.support import buttons
from tests.support import Run, Shelf
from tests.worker.conftest import WriteSettings

pytestmark = pytest.mark.slow

PROGRAM = """
from bot.slack import api
from bot.worker import main
api.SECONDS_BETWEEN_POSTS = 0
main(None, debug=True)
"""
"""The rate limits of the stand-in are off, too."""

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def at_once(write_settings: WriteSettings) -> Settings:
    return write_settings(AT_ONCE)


@contextmanager
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def ask(store: Store, repository: str, channel: str, user: str) -> None:
    payload = {"repository": repository, "channel": channel, "user": user, "ts": ""}
    store.put_job("report", payload, system_clock())


@pytest.mark.usefixtures("at_once")
def test_from_the_request_to_the_result(
    shelf: Shelf,
    own_store: Store,
    channel: str,
    ann: SimulatedUser,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    with worker(monkeypatch):
        ask(own_store, "team/api", channel, ann.id)
        until(lambda: "approve_plan" in str(ann.messages(channel)))
        (plan,) = own_store.plans()
        assert run("approve", plan.id).status == 0
        until(lambda: as_stored(own_store, plan.id).state is PlanState.DONE)
        until(lambda: buttons(ann.messages(channel)[0]) == ["result_details"])
        until(lambda: not own_store.messages_behind(5, system_clock()))
    (message,) = ann.messages(channel)
    assert ": deleted 3 images" in message["text"]
    assert own_store.outcome_summary(plan.id, 1, 5).counts == {ImageOutcome.DELETED: 3}
    assert [file for reply in message["replies"] for file in reply.get("files", ())]


@pytest.mark.usefixtures("at_once")
def test_plans_run_while_slack_is_down(
    shelf: Shelf,
    own_store: Store,
    slack: Workspace,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    slack.faults.add(CallFault(method="auth.test", error="invalid_auth", times=None))
    plan = run("propose", "team/api", "--format", "json").plan["plan"]
    assert run("approve", plan).status == 0
    with worker(monkeypatch):
        until(lambda: as_stored(own_store, plan).state is PlanState.DONE)


@pytest.mark.usefixtures("at_once")
def test_two_replicas_share_the_work(
    aws: AwsStandIn,
    postgresql: Server,
    slack: Workspace,
    channel: str,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every report is posted once, and every message is updated."""
    slack.remote.change_settings(limits=False)
    names = [f"team/{number}" for number in range(8)]
    for name in names:
        Shelf(aws, name).images(13)
    with postgresql.database(migrated=True) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        with open_store(url) as store, worker(monkeypatch), worker(monkeypatch):
            for name in names:
                ask(store, name, channel, ann.id)
            until(lambda: str(ann.messages(channel)).count("'approve_plan'") == len(names))
            until(lambda: not store.messages_with_outdated_thread(5))
            assert len(ann.messages(channel)) == len(names)
            assert sorted(plan.repository.name for plan in store.plans()) == names


def test_scheduled_reports_are_posted(
    aws: AwsStandIn,
    own_store: Store,
    slack: Workspace,
    channel: str,
    ann: SimulatedUser,
    settings_file: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, although two processes check one after the other, with one summary line."""
    due = system_clock() - timedelta(hours=1)
    entry = f"channel: '#cleanups', schedule: 'daily {due:%H:%M}'"
    settings_file(f"{AT_ONCE}reports: [{{{entry}}}]\n")
    created_yesterday(own_store)
    Shelf(aws, "team/api").images(13)
    Shelf(aws, "team/web").images(2)
    with worker(monkeypatch):
        until(lambda: len(ann.messages(channel)) == 2)
        until(lambda: "approve_plan" in str(ann.messages(channel)))
        until(lambda: not own_store.messages_with_outdated_thread(5))
    with worker(monkeypatch):
        until(lambda: slack.remote.calls("auth.test")[1:])
        ask(own_store, "team/web", channel, ann.id)
        until(lambda: len(ann.messages(channel)) == 3)
    first, second, asked = ann.messages(channel)
    assert first["text"].startswith("team/api: delete 3 images, save ")
    assert second["text"] == "1 repository has nothing to delete: `team/web`."
    assert asked["text"].startswith("team/web: nothing to delete")
    assert aws.world.calls.count("ecr:ListTagsForResource") == 2


def created_yesterday(store: Store) -> None:
    """Reports that were due before the database existed are never made."""
    yesterday = system_clock() - timedelta(days=1)
    with store._database.writing() as session:
        session.execute(update(DatabaseInfoRow).values(made_at=yesterday))


def test_two_replicas_post_scheduled_reports_once(
    aws: AwsStandIn,
    postgresql: Server,
    slack: Workspace,
    channel: str,
    ann: SimulatedUser,
    settings_file: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slack.remote.change_settings(limits=False)
    due = system_clock() - timedelta(hours=1)
    entry = f"channel: '#cleanups', schedule: 'daily {due:%H:%M}'"
    settings_file(f"{AT_ONCE}reports: [{{{entry}}}]\n")
    names = [f"team/{number}" for number in range(5)]
    for name in names:
        Shelf(aws, name).images(13)
    Shelf(aws, "team/web").images(2)
    with postgresql.database(migrated=True) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        with open_store(url) as store:
            created_yesterday(store)
            with worker(monkeypatch), worker(monkeypatch):
                until(lambda: str(ann.messages(channel)).count("'approve_plan'") == len(names))
                until(lambda: "nothing to delete" in str(ann.messages(channel)))
                until(lambda: not store.messages_with_outdated_thread(5))
    assert len(ann.messages(channel)) == len(names) + 1
