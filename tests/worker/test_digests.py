"""A round with many plans to decide on is one digest, which follows the store."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core.digests import Digest
from bot.core.report_schedules import ROUND_TIMEOUT, ReportOutcome
from bot.playground.aws import AwsStandIn
from bot.playground.aws import Fault as AwsFault
from bot.playground.slack import CallFault, Workspace
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.deletion.lease import JOB_LEASE
from bot.worker.job_queue import MAX_DELAY
from tests.cli.stored_plans import LOOKED_AT
from tests.slack.support import queries_of
from tests.support import Run, Shelf
from tests.worker.conftest import MakeOffice
from tests.worker.support import Office
from tests.worker.test_scheduled_reports import (
    DAY,
    DUE,
    Killed,
    deaths,
    die_at,
    queue_and_work,
    queue_due_reports,
    reports,
    texts,
    work,
)

ENTRY = f"channel: '#cleanups', schedule: 'daily {DUE:%H:%M}', min_saving: 0.01"
UPLOAD = ["files.getUploadURLExternal", "upload_url", "files.completeUploadExternal"]
TITLE = "Daily ECR cleanup · 3 repositories could save $86 a year."


@pytest.fixture
def settings(settings_file: Callable[[str], Path], channel: str) -> Settings:
    """More than two reports are a digest."""
    del channel
    settings_file(f"{LOOKED_AT}reports: [{{{ENTRY}, digest_over: 2}}]\n")
    return load_settings(None)


@pytest.fixture
def three(aws: AwsStandIn) -> None:
    """Three repositories with large savings, and one with nothing to delete."""
    for name in ("team/api", "team/web", "team/jobs"):
        Shelf(aws, name).large_releases()
    Shelf(aws, "lab/a").images(2)


def digest(office: Office) -> Digest:
    found = office.store.newest_digest()
    assert found
    return found


def outcomes(office: Office) -> list[ReportOutcome | None]:
    return [each.report.outcome for each in office.store.digest_reports(digest(office))]


def files(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [file for reply in message["replies"] for file in reply.get("files", ())]


def table(message: dict[str, Any]) -> list[list[str]]:
    """The texts of the cells, without the header."""
    (found,) = (each for each in message["blocks"] if each["type"] == "data_table")
    return [[cell["text"] for cell in row] for row in found["rows"][1:]]


def states(message: dict[str, Any]) -> dict[str, str]:
    return {row[0]: row[-1] for row in table(message)}


def sweep(office: Office) -> None:
    office.updater._sweep_at = 0
    office.updater.do_next(0)


@pytest.mark.usefixtures("three")
def test_more_reports_than_digest_over_are_one_message(office: Office, settings: Settings) -> None:
    for _ in range(3):
        queue_and_work(office, settings)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)
    assert office.buttons(message["ts"]) == ["approve_plans", "dismiss_plans"]
    assert table(message)[0] == ["team/api", "3", "13", "24 GB", "$29", " ", "waiting"]
    assert sorted(map(str, outcomes(office))) == ["nothing", "posted", "posted", "posted"]
    (file,) = files(message)
    assert file["name"].startswith("ecr-clean-2")


@pytest.mark.usefixtures("three")
def test_digest_over_is_the_last_number_of_single_reports(
    office: Office,
    settings: Settings,
    settings_file: Callable[[str], Path],
    make_office: MakeOffice,
) -> None:
    settings_file(f"{LOOKED_AT}reports: [{{{ENTRY}, digest_over: 3}}]\n")
    office = make_office(load_settings(None), office.store)
    queue_and_work(office, settings)
    assert len(reports(office)) == 3
    assert office.store.newest_digest() is None


def test_one_report_is_a_digest_if_the_settings_want_it(
    office: Office,
    settings: Settings,
    settings_file: Callable[[str], Path],
    make_office: MakeOffice,
    shelf: Shelf,
) -> None:
    settings_file(f"{LOOKED_AT}reports: [{{{ENTRY}, digest_over: 0}}]\n")
    office = make_office(load_settings(None), office.store)
    shelf.large_releases()
    queue_and_work(office, settings)
    (message,) = office.messages
    assert states(message) == {"team/api": "waiting"}


def test_without_plans_there_is_no_digest(
    office: Office, settings: Settings, aws: AwsStandIn
) -> None:
    Shelf(aws, "lab/a").images(2)
    queue_and_work(office, settings)
    assert texts(office) == ["1 repository has nothing to delete: `lab/a`."]


@pytest.mark.usefixtures("three")
def test_it_follows_the_store(office: Office, settings: Settings, run: Run) -> None:
    queue_and_work(office, settings)
    plans = {plan.repository.name: plan for plan in office.store.plans()}
    assert run("approve", plans["team/api"].id, "--confirm", "team/api").status == 0
    sweep(office)
    (message,) = office.messages
    assert states(message)["team/api"].startswith("approved, starts ")
    assert "2 repositories could save $58 a year" in message["text"]
    assert "1 approved" in message["text"]
    assert len(files(message)) == 1


@pytest.mark.usefixtures("three")
def test_a_sweep_without_changes_costs_one_query(office: Office, settings: Settings) -> None:
    queue_and_work(office, settings)
    sweep(office)
    with queries_of("digests") as queries:
        office.slack.services().digests.update_outdated(2)
    assert len(queries) == 1


@pytest.mark.usefixtures("three")
def test_an_update_costs_few_queries_and_one_call(
    office: Office, settings: Settings, slack: Workspace
) -> None:
    queue_and_work(office, settings)
    before = len(slack.remote.calls())
    with queries_of("FROM") as queries:
        office.slack.services().digests.update(digest(office).id)
    assert [call["name"] for call in slack.remote.calls()[before:]] == ["chat.update"]
    assert len(queries) <= 13


@pytest.mark.usefixtures("three")
def test_the_next_digest_shortens_the_last(office: Office, settings: Settings) -> None:
    queue_and_work(office, settings)
    office.watch.passed += DAY
    queue_and_work(office, settings)
    older, newer = office.messages
    assert older["text"].endswith("|newer digest> is below.")
    assert newer["ts"].replace(".", "") in older["text"]
    assert newer["text"].startswith(TITLE)
    assert len(table(newer)) == 3


@pytest.mark.usefixtures("three")
def test_a_decided_plan_stays_in_the_next_digest(
    office: Office, settings: Settings, run: Run, aws: AwsStandIn
) -> None:
    """Its state is shown nowhere else."""
    queue_and_work(office, settings)
    plans = {plan.repository.name: plan for plan in office.store.plans()}
    assert run("approve", plans["team/api"].id, "--confirm", "team/api").status == 0
    Shelf(aws, "team/new").large_releases()
    office.watch.passed += DAY
    queue_and_work(office, settings)
    message = office.messages[-1]
    assert states(message)["team/api"].startswith("approved")


# late reports


@pytest.mark.usefixtures("three")
def test_a_late_report_joins(office: Office, settings: Settings, aws: AwsStandIn) -> None:
    aws.world.faults.add(
        AwsFault(
            operation="DescribeImages",
            parameters={"repositoryName": "team/late"},
            error="AccessDeniedException",
            times=3,
        )
    )
    Shelf(aws, "team/late").large_releases()
    queue_and_work(office, settings)
    assert office.messages == []
    office.watch.passed += ROUND_TIMEOUT
    queue_and_work(office, settings)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)
    assert "1 still being planned" in message["text"]
    for _ in range(4):
        office.watch.passed += MAX_DELAY / 3
        queue_and_work(office, settings)
    (message,) = office.messages
    assert states(message)["team/late"] == "waiting"
    assert "still being planned" not in message["text"]


@pytest.mark.usefixtures("three")
def test_blocked_plans_have_their_reason(
    office: Office, settings: Settings, aws: AwsStandIn
) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    queue_and_work(office, settings)
    (message,) = office.messages
    assert "4 repositories are blocked" in message["text"]
    assert "GetRepositoryPolicy" in message["text"]
    assert set(states(message).values()) == {"blocked"}
    assert office.buttons(message["ts"]).count("run_command:0") == 1


@pytest.mark.usefixtures("three")
def test_failures_are_in_the_digest(office: Office, settings: Settings, aws: AwsStandIn) -> None:
    aws.world.faults.add(
        AwsFault(
            operation="DescribeImages",
            parameters={"repositoryName": "lab/a"},
            error="AccessDeniedException",
            times=None,
        )
    )
    queue_due_reports(office, settings)
    work(office)
    office.watch.passed += timedelta(hours=1)
    work(office)
    (message,) = office.messages
    assert "1 repository could not be planned (`lab/a`): AWS refused" in message["text"]


# failures


CALLS = [
    "round_summary", "make_digest", "mark_digest_posted", "record_report", "mark_digest_shown",
    "mark_digest_listed", "finish_job",
]  # fmt: skip


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("called", "lands"), deaths(CALLS, often=["mark_digest_posted", "mark_digest_shown"])
)
def test_another_worker_continues_after_a_death(
    office: Office,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    called: str,
    *,
    lands: bool,
) -> None:
    """If the worker dies between Slack's answer and the next write, the message is unknown: it
    remains without buttons, and another one is posted."""
    queue_due_reports(office, settings)
    office.watch.passed += timedelta(minutes=1)
    if called in {"record_report", "finish_job"}:
        for _ in range(4):
            assert office.jobs.do_next()
    die_at(office.store, monkeypatch, called, lands=lands)
    with pytest.raises(Killed):
        work(office)
    office.watch.passed += JOB_LEASE
    queue_and_work(office, settings)
    sweep(office)
    posted = [each for each in office.messages if "approve_plans" in office.buttons(each["ts"])]
    assert len(posted) == 1
    assert len(table(posted[0])) == 3
    orphans = 1 if (called, lands) == ("mark_digest_posted", False) else 0
    assert len(office.messages) == 1 + orphans
    assert outcomes(office).count(ReportOutcome.POSTED) == 3


@pytest.mark.usefixtures("three")
def test_the_channel_takes_no_posts(office: Office, settings: Settings, slack: Workspace) -> None:
    """The digest is posted once the bot can post."""
    slack.faults.add(CallFault(method="chat.postMessage", error="is_archived"))
    queue_and_work(office, settings)
    assert office.messages == []
    office.watch.passed += MAX_DELAY
    queue_and_work(office, settings)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)


@pytest.mark.usefixtures("three")
def test_the_first_update_fails(office: Office, settings: Settings, slack: Workspace) -> None:
    """The next sweep retries it."""
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    queue_and_work(office, settings)
    (message,) = office.messages
    assert office.buttons(message["ts"]) == []
    assert office.take() is None
    sweep(office)
    (message,) = office.messages
    assert len(table(message)) == 3
    assert len(files(message)) == 1


@pytest.mark.usefixtures("three")
def test_a_deleted_digest_is_forgotten(
    office: Office, settings: Settings, slack: Workspace, run: Run
) -> None:
    queue_and_work(office, settings)
    office.client.chat_delete(channel=office.channel, ts=digest(office).ts or "")
    (plan, *_) = office.store.plans()
    assert run("approve", plan.id, "--confirm", plan.repository.name).status == 0
    sweep(office)
    before = len(slack.remote.calls("chat.update"))
    sweep(office)
    assert len(slack.remote.calls("chat.update")) == before
    assert office.store.newest_digest() is None


@pytest.mark.usefixtures("three")
def test_the_file_cannot_be_uploaded(office: Office, settings: Settings, slack: Workspace) -> None:
    """The next update retries it."""
    slack.faults.add(CallFault(method="files.getUploadURLExternal", error="internal_error"))
    queue_and_work(office, settings)
    (message,) = office.messages
    assert files(message) == []
    office.slack.services().digests.update(digest(office).id)
    (message,) = office.messages
    assert len(files(message)) == 1


@pytest.mark.usefixtures("three")
def test_slack_limits_the_rate(
    office: Office, settings: Settings, slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack_sdk waits as long as Slack asks."""
    waited: list[float] = []
    fake = SimpleNamespace(sleep=waited.append)
    monkeypatch.setattr("slack_sdk.http_retry.builtin_handlers.time", fake)
    monkeypatch.setattr("slack_sdk.http_retry.handler.time", fake)
    for method in ("chat.postMessage", "chat.update"):
        slack.faults.add(CallFault(method=method, error="ratelimited", retry_after=30))
    queue_and_work(office, settings)
    (message,) = office.messages
    assert message["text"].startswith(TITLE)
    assert len(table(message)) == 3
    assert sum(waited) >= 60


# a company


@pytest.mark.slow
def test_fifty_repositories(
    office: Office, settings: Settings, aws: AwsStandIn, slack: Workspace
) -> None:
    """15 of them can be cleaned up: one message, one file, seven calls of Slack."""
    for number in range(15):
        Shelf(aws, f"team/app-{number:02}").large_releases()
    for number in range(35):
        Shelf(aws, f"lab/tool-{number:03}").images(1)
    queue_due_reports(office, settings)
    before = len(slack.remote.calls())
    work(office)
    (message,) = office.messages
    assert "15 repositories could save $432 a year" in message["text"]
    assert "35 clean" in message["text"]
    assert len(table(message)) == 15
    assert len(files(message)) == 1
    made = [call["name"] for call in slack.remote.calls()[before:]]
    assert made == ["auth.test", "conversations.list", "chat.postMessage", "chat.update", *UPLOAD]
