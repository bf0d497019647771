"""A round of many repositories, of which a user approves 25 at once: the worker deletes each."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.bootstrap.deletion import RunDisplay, open_run_starter
from bot.bootstrap.processes import is_gone
from bot.bootstrap.shared_scans import SharedScans
from bot.core.plan import PlanState
from bot.core.records import AuditEventName
from bot.playground.aws import DEFAULT_REGION, AwsStandIn
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.slack import SimulatedUser, Workspace
from bot.process import system_clock
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.deletion.start import find_runs
from bot.worker.plan_runner import RUNS_AT_ONCE, PlanRunner
from tests.slack.digests import PostedDigest
from tests.slack.running_bot import Clock, RunningBot, run_bot
from tests.support import Shelf, others_off
from tests.worker.support import Office
from tests.worker.test_scheduled_reports import DUE, queue_and_work

pytestmark = pytest.mark.slow

APPROVED = 25
SCAN = "lambda:ListFunctions"


@pytest.fixture
def settings(
    settings_file: Callable[[str], Path], channel: str, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    del channel
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION,))
    settings_file(
        f"usage: {{{others_off('lambda')}, expect_none: true}}\n"
        f"execution: {{undo_window: 0s}}\n"
        f"reports: [{{channel: '#cleanups', schedule: 'daily {DUE:%H:%M}', min_saving: 0}}]\n"
    )
    return load_settings(None)


@pytest.fixture
def repositories(aws: AwsStandIn) -> list[Shelf]:
    """Each has two images to delete."""
    shelves = [Shelf(aws, f"team/r{number:02}") for number in range(APPROVED + 5)]
    for shelf in shelves:
        shelf.images(12)
    return shelves


@pytest.fixture
def bot(office: Office, slack: Workspace, channel: str) -> Iterator[RunningBot]:
    """The Slack process, with the same settings for approvals."""
    settings = {"execution": {"undo_window": "0s"}, "reports": [{"channel": "#cleanups"}]}
    with run_bot(slack, office.store, settings, channel, Clock(system_clock())) as running:
        yield running


def test_25_plans_are_deleted_once_each_with_one_usage_scan(
    office: Office,
    settings: Settings,
    repositories: list[Shelf],
    bot: RunningBot,
    aws: AwsStandIn,
    ann: SimulatedUser,
) -> None:
    queue_and_work(office, settings)
    found = office.store.newest_digest()
    assert found
    digest = PostedDigest(bot, found, bot.context.selections.plans(found))
    chosen = [plan for plan in digest.plans if plan.repository.name < f"team/r{APPROVED:02}"]
    digest.chooses(ann, chosen)
    assert digest.approves(ann, 2 * APPROVED).startswith(f"*{APPROVED} plans approved.*")
    scans = aws.world.calls.count(SCAN)
    run_all(office, settings)
    assert aws.world.calls.count(SCAN) == scans + 1
    left = [len(shelf.repository.manifests) for shelf in repositories]
    assert left == [10] * APPROVED + [12] * 5
    assert {digest.now(plan).state for plan in chosen} == {PlanState.DONE}
    events = [event.event for event in office.store.events()]
    assert events.count(AuditEventName.ENDED) == APPROVED
    assert AuditEventName.POSTPONED not in events


def run_all(office: Office, settings: Settings) -> None:
    """Runs all plans that are due, as the worker process does."""
    with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        display = RunDisplay(lambda *_: None, lambda *_: None)
        scans = SharedScans()
        starter = open_run_starter(settings, office.store, scans, display, office.shutdown)
        runner = PlanRunner(starter, pool.submit, system_clock, lambda _: None, debug=True)
        runner.take(find_runs(office.store, system_clock(), is_gone))
