"""Scheduled reports are planned and posted once. One summary line covers the others."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap.processes import Shutdown
from bot.bootstrap.usecases import open_report_scheduler
from bot.core.plan import PlanState
from bot.core.report_schedules import IGNORE_TAG, ReportOutcome
from bot.playground.aws import AwsStandIn
from bot.playground.aws import Fault as AwsFault
from bot.playground.slack import CallFault, Workspace
from bot.process import system_clock
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.store.store import Store
from bot.usecases.deletion.lease import JOB_LEASE
from bot.usecases.proposals import expiry
from bot.worker.job_handlers import PLANNING_RETRIED_FOR
from bot.worker.job_queue import MAX_ATTEMPTS, MAX_DELAY, RETRIED_FOR
from tests.cli.plan_execution import as_stored, proposed
from tests.cli.stored_plans import LOOKED_AT
from tests.support import Run, Shelf
from tests.worker.conftest import MakeOffice
from tests.worker.support import Office

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
DAY = timedelta(days=1)
WEEK = 7 * DAY
DUE = system_clock() - DAY / 2
ENTRY = f"channel: '#cleanups', schedule: 'daily {DUE:%H:%M}'"


@pytest.fixture
def settings(settings_file: Callable[[str], Path], channel: str) -> Settings:
    """All reports have been due for half a day."""
    del channel
    settings_file(f"{LOOKED_AT}reports: [{{{ENTRY}, min_saving: 0.01}}]\n")
    return load_settings(None)


@pytest.fixture
def api(shelf: Shelf) -> Shelf:
    """`team/api` with 13 large releases, three of which are deleted."""
    shelf.large_releases()
    return shelf


@pytest.fixture
def others(aws: AwsStandIn) -> None:
    """One repository with nothing to delete, and two with little."""
    Shelf(aws, "team/web").images(2)
    for name in ("lab/a", "lab/b"):
        Shelf(aws, name).images(13)


def queue_due_reports(office: Office, settings: Settings) -> None:
    """Queues reports that are due, as every minute."""
    run_due = open_report_scheduler(settings, office.store, lambda _: None)
    run_due.since = office.watch() - WEEK
    run_due(office.watch())


def work(office: Office) -> None:
    """Handles all jobs, also those that are delayed."""
    office.watch.passed += timedelta(minutes=1)
    while office.jobs.do_next():
        pass


def queue_and_work(office: Office, settings: Settings) -> None:
    queue_due_reports(office, settings)
    work(office)


def texts(office: Office) -> list[str]:
    return [message["text"] for message in office.messages]


def reports(office: Office) -> list[dict[str, Any]]:
    return [each for each in office.messages if "approve_plan" in office.buttons(each["ts"])]


@pytest.mark.usefixtures("api")
def test_a_report_is_posted_once(office: Office, settings: Settings) -> None:
    for _ in range(3):
        queue_and_work(office, settings)
    (message,) = office.messages
    assert "approve_plan" in office.buttons(message["ts"])
    assert message["text"].startswith("team/api: delete 3 images, save $29 a year.")
    assert [event.by for event in office.store.events()] == ["ecr-clean"]


@pytest.mark.usefixtures("api", "others")
def test_the_summary_is_one_line(office: Office, settings: Settings) -> None:
    queue_and_work(office, settings)
    report, rest = sorted(texts(office), reverse=True)
    assert report.startswith("team/api: ")
    assert rest == (
        "1 repository has nothing to delete: `team/web`; 2 save less than $1 a year each "
        "(&lt; $1 a year together): `lab/a`, `lab/b`."
    )


@pytest.mark.parametrize("refused", [False, True])
def test_the_thread_of_the_summary_names_all(
    office: Office, settings: Settings, slack: Workspace, aws: AwsStandIn, *, refused: bool
) -> None:
    """If Slack refuses the names, the summary is not posted again."""
    for number in range(6):
        Shelf(aws, f"quiet/{number}").images(2)
    queue_due_reports(office, settings)
    if refused:
        slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", skip=1))
    work(office)
    (message,) = office.messages
    assert message["text"].endswith("`quiet/4` and 1 more.")
    assert ("`quiet/5`" in str(message["replies"])) is not refused
    assert office.take() is None


@pytest.mark.usefixtures("api", "others")
def test_posts_are_rate_limited(
    make_office: MakeOffice,
    own_store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("bot.slack.api.SECONDS_BETWEEN_POSTS", 60)
    monkeypatch.setattr(Shutdown, "sleep", lambda _, seconds: slept.append(seconds))
    queue_and_work(make_office(settings, own_store), settings)
    assert len(slept) == 1
    assert 0 < slept[0] <= 60


@pytest.mark.usefixtures("others")
def test_a_tag_excludes_a_repository(office: Office, settings: Settings, aws: AwsStandIn) -> None:
    aws.world.create_repository("lab/c", tags={IGNORE_TAG: "yes"})
    queue_and_work(office, settings)
    assert "lab/c" not in str(texts(office))
    assert {each.repository.name for each in office.store.repositories()} >= {"lab/c"}


def test_incomplete_plans_always_get_a_report(
    office: Office, settings: Settings, aws: AwsStandIn
) -> None:
    Shelf(aws, "team/web").images(2)
    aws.world.deny("ecr:GetRepositoryPolicy")
    queue_and_work(office, settings)
    (text,) = texts(office)
    assert text.startswith("team/web: ")
    assert "GetRepositoryPolicy" in str(office.messages)


def test_failures_of_the_same_call_share_a_summary_line(
    office: Office, settings: Settings, aws: AwsStandIn
) -> None:
    for name in ("lab/a", "lab/b", "team/web"):
        Shelf(aws, name).images(2)
    for name in ("lab/a", "lab/b"):
        aws.world.faults.add(
            AwsFault(
                operation="DescribeImages",
                parameters={"repositoryName": name},
                error="AccessDeniedException",
                times=None,
            )
        )
    queue_and_work(office, settings)
    assert texts(office) == []
    office.watch.passed += PLANNING_RETRIED_FOR
    work(office)
    (text,) = texts(office)
    assert text.startswith("1 repository has nothing to delete: `team/web`. 2 repositories ")
    example = f"For example, `lab/a`: AWS refused ecr:DescribeImages on {HOST}/lab/a: grant that"
    assert f"(`lab/a`, `lab/b`). {example}" in text


# existing plans


@pytest.mark.usefixtures("api")
def test_an_unchanged_plan_is_posted_again_and_kept_open(
    office: Office, settings: Settings
) -> None:
    queue_and_work(office, settings)
    (plan,) = office.store.plans()
    office.watch.passed += WEEK - timedelta(minutes=5)
    queue_and_work(office, settings)
    older, newer = office.messages
    assert older["text"] == "team/api: a newer report on this plan is below."
    assert reports(office) == [newer]
    assert [each.ts for each in office.store.messages_of(plan.id)] == [newer["ts"]]
    (same,) = office.store.plans()
    assert (same.id, same.version, same.state) == (plan.id, 1, PlanState.PROPOSED)
    assert same.expires_at > plan.expires_at + 6 * DAY
    office.watch.passed += DAY
    queue_and_work(office, settings)
    assert len(reports(office)) == 1


@pytest.mark.usefixtures("api")
def test_a_decided_plan_gets_no_report(office: Office, settings: Settings, run: Run) -> None:
    assert run("approve", proposed(run), "--confirm", "team/api").status == 0
    queue_and_work(office, settings)
    queue_and_work(office, settings)
    assert office.messages == []
    assert outcomes(office) == [ReportOutcome.LEFT_OUT]


@pytest.mark.usefixtures("api")
def test_an_approval_during_planning(
    office: Office, settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = proposed(run)
    original = office.store.save_scan

    def approve_first(*arguments: Any) -> None:
        assert run("approve", plan, "--confirm", "team/api").status == 0
        original(*arguments)

    monkeypatch.setattr(office.store, "save_scan", approve_first)
    queue_and_work(office, settings)
    assert office.messages == []
    assert outcomes(office) == [ReportOutcome.LEFT_OUT]


@pytest.mark.usefixtures("api")
def test_the_plan_expires_during_the_next_planning(
    office: Office, settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last week's plan expires just before the next report."""
    old = as_stored(office.store, proposed(run))
    original = office.store.save_scan

    def expire_first(*arguments: Any) -> None:
        monkeypatch.setattr(office.store, "save_scan", original)
        assert office.store.commit(expiry(old, old.expires_at))
        original(*arguments)

    monkeypatch.setattr(office.store, "save_scan", expire_first)
    queue_and_work(office, settings)
    assert len(reports(office)) == 1
    new, expired = office.store.plans()
    assert (new.state, expired.state) == (PlanState.PROPOSED, PlanState.EXPIRED)


def outcomes(office: Office) -> list[ReportOutcome | None]:
    """The outcomes of today's reports."""
    local = DUE.replace(second=0, microsecond=0, tzinfo=None)
    known = (each.repository.uri for each in office.store.repositories())
    found = (office.store.scheduled_report(uri, local) for uri in known)
    return [each.outcome for each in found if each]


# deaths


class Killed(BaseException):
    """Ends the process."""


CALLS = [
    "scheduled_report", "open_plan", "commit", "save_tag_scan", "save_scan", "renew_job",
    "record_posted_report", "messages_of", "mark_shown", "mark_thread", "queue_summaries",
    "finish_job",
]  # fmt: skip


def deaths(calls: Sequence[str], often: Sequence[str]) -> list[Any]:
    """Deaths before and after each call. Only some are in the fast tests."""
    return [
        pytest.param(called, lands, marks=() if called in often else pytest.mark.slow)
        for called in calls
        for lands in (False, True)
    ]


def die_at(store: Store, monkeypatch: pytest.MonkeyPatch, called: str, *, lands: bool) -> None:
    original = getattr(store, called)

    def dying(*arguments: Any) -> None:
        monkeypatch.setattr(store, called, original)
        if lands:
            original(*arguments)
        raise Killed

    monkeypatch.setattr(store, called, dying)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("called", "lands"), deaths(CALLS, often=["commit", "record_posted_report"])
)
def test_another_worker_continues_after_a_death(
    office: Office,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    called: str,
    *,
    lands: bool,
) -> None:
    """No report is lost. If the worker dies between Slack's answer and the next write, the message
    is unknown: it remains without buttons, and another one is posted."""
    queue_due_reports(office, settings)
    office.watch.passed += timedelta(minutes=1)
    die_at(office.store, monkeypatch, called, lands=lands)
    with pytest.raises(Killed):
        work(office)
    office.watch.passed += JOB_LEASE
    queue_and_work(office, settings)
    office.updater.do_next(0)
    assert len(reports(office)) == 1
    orphans = 1 if (called, lands) == ("record_posted_report", False) else 0
    assert len(office.messages) == 1 + orphans
    assert outcomes(office) == [ReportOutcome.POSTED]


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("called", "lands"),
    deaths(["record_report", "queue_summaries", "round_summary"], often=["queue_summaries"]),
)
def test_the_summary_survives_a_death(
    office: Office,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    called: str,
    *,
    lands: bool,
) -> None:
    queue_due_reports(office, settings)
    office.watch.passed += timedelta(minutes=1)
    die_at(office.store, monkeypatch, called, lands=lands)
    with pytest.raises(Killed):
        work(office)
    office.watch.passed += JOB_LEASE
    queue_and_work(office, settings)
    (text,) = texts(office)
    assert text.startswith("1 repository has nothing to delete: `team/web`; 2 save")


@pytest.mark.usefixtures("api")
def test_a_job_that_ends_every_worker_is_given_up(office: Office, settings: Settings) -> None:
    queue_due_reports(office, settings)
    for _ in range(MAX_ATTEMPTS):
        assert office.take()
        office.watch.passed += JOB_LEASE
    queue_and_work(office, settings)
    (text,) = texts(office)
    assert "`team/api`): 3 attempts failed because the worker stopped" in text


@pytest.mark.usefixtures("api")
def test_workers_that_shut_down(
    make_office: MakeOffice, own_store: Store, settings: Settings
) -> None:
    """Jobs are not given up, however many workers shut down."""
    for _ in range(MAX_ATTEMPTS + 1):
        office = make_office(settings, own_store)
        queue_due_reports(office, settings)
        office.shutdown.request()
        assert office.jobs.do_next()
        assert office.messages == []
    job = office.take()
    assert job
    assert job.attempts == 1


@pytest.mark.usefixtures("api")
def test_an_internal_error_is_in_the_summary(
    office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise LookupError("oh")

    monkeypatch.setattr("bot.worker.report_maker.open_planner", break_down)
    queue_and_work(office, settings)
    assert outcomes(office) == [ReportOutcome.FAILED]
    (text,) = texts(office)
    assert "internal error (LookupError: oh)" in text


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("due", {"repository": f"{HOST}/team/api", "local": "2020-01-01T09:00"}),
        ("rest", {"line": "forgotten"}),
    ],
)
def test_reports_that_the_store_does_not_have(
    office: Office, kind: str, payload: dict[str, str]
) -> None:
    for is_given_up in (False, True):
        office.store.put_job(kind, payload, office.watch())
        for _ in range(MAX_ATTEMPTS * is_given_up):
            assert office.take()
            office.watch.passed += JOB_LEASE
        assert office.jobs.do_next()
        assert office.take() is None
    assert office.messages == []


# Slack


@pytest.mark.usefixtures("api")
def test_slack_is_down_for_minutes(office: Office, settings: Settings, slack: Workspace) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", times=5))
    queue_due_reports(office, settings)
    assert office.jobs.do_next()
    for _ in range(5):
        assert office.jobs.do_next()
        assert not office.jobs.do_next()
        office.watch.passed += MAX_DELAY
    assert office.messages == []
    work(office)
    assert len(reports(office)) == 1


@pytest.mark.usefixtures("api")
def test_slack_is_down_for_a_day(
    office: Office, settings: Settings, slack: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    """The summary line covers the report, and the log has the line."""
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", times=None))
    queue_due_reports(office, settings)
    for _ in range(3):
        work(office)
        office.watch.passed += RETRIED_FOR
        work(office)
    assert office.take() is None
    assert outcomes(office) == [ReportOutcome.FAILED]
    told = caplog.messages[-1]
    assert told.startswith("A round cannot be posted in Slack (it was not done within a day")
    assert "1 repository could not be planned (`team/api`): it was not done within a day" in told


@pytest.mark.usefixtures("api")
def test_planning_fails_for_minutes(office: Office, settings: Settings, aws: AwsStandIn) -> None:
    aws.world.faults.add(
        AwsFault(operation="DescribeImages", error="AccessDeniedException", times=2)
    )
    queue_due_reports(office, settings)
    for _ in range(2):
        work(office)
        assert outcomes(office) == [None]
        office.watch.passed += PLANNING_RETRIED_FOR / 4
    office.watch.passed += MAX_DELAY
    work(office)
    assert outcomes(office) == [ReportOutcome.POSTED]
    assert len(reports(office)) == 1


@pytest.mark.usefixtures("api")
def test_the_bot_cannot_post_in_the_channel(
    office: Office, settings: Settings, slack: Workspace
) -> None:
    """The summary is posted once the bot can post."""
    slack.faults.add(CallFault(method="chat.postMessage", error="is_archived"))
    queue_and_work(office, settings)
    (text,) = texts(office)
    assert "the channel is archived" in text


@pytest.mark.usefixtures("api", "others")
def test_the_entry_has_no_channel(
    office: Office,
    settings: Settings,
    settings_file: Callable[[str], Path],
    make_office: MakeOffice,
) -> None:
    queue_due_reports(office, settings)
    settings_file(f"{LOOKED_AT}reports: []\n")
    later = make_office(load_settings(None), office.store)
    work(later)
    assert office.messages == []


@pytest.mark.usefixtures("others")
def test_another_worker_takes_the_summary(
    office: Office,
    settings: Settings,
    settings_file: Callable[[str], Path],
    make_office: MakeOffice,
) -> None:
    queue_due_reports(office, settings)
    office.watch.passed += timedelta(minutes=1)
    for _ in range(3):
        assert office.jobs.do_next()
    settings_file(f"{LOOKED_AT}reports: []\n")
    work(make_office(load_settings(None), office.store))
    assert office.messages == []
    assert office.take() is None
