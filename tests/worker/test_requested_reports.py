"""Reports that Slack users request are planned and posted, or the failure is shown."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.plan import PlanState
from bot.core.records import QueuedJob
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn
from bot.playground.aws import Fault as AwsFault
from bot.playground.aws.access import AccessRequest
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.playground.slack import CallFault, Workspace
from bot.process import system_clock
from bot.store.store import Store
from bot.usecases.deletion.lease import JOB_LEASE
from bot.usecases.reports import MAX_REPORTS
from bot.worker.job_queue import MAX_ATTEMPTS, RETRIED_FOR
from bot.worker.report_maker import SCAN_SHARED_FOR
from tests.slack.support import calls
from tests.support import Shelf, others_off
from tests.worker.conftest import MakeOffice, WriteSettings
from tests.worker.support import Office

LAMBDA = "lambda:ListFunctions"


@pytest.fixture
def api(shelf: Shelf) -> Shelf:
    """`team/api` with 13 releases, three of which are deleted."""
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    return shelf


@pytest.fixture
def web(aws: AwsStandIn) -> Shelf:
    shelf = Shelf(aws, "team/web")
    shelf.images(12)
    return shelf


@pytest.mark.usefixtures("api")
def test_the_report_replaces_the_placeholder(office: Office) -> None:
    ts = office.ask()
    assert office.jobs.do_next()
    assert "approve_plan" in office.buttons(ts)
    assert len(office.messages) == 1
    (plan,) = office.store.plans()
    assert (plan.state, plan.deletions) == (PlanState.PROPOSED, 3)
    assert [event.by for event in office.store.events()] == [office.person.id]
    assert not office.jobs.do_next()


@pytest.mark.usefixtures("api")
def test_the_message_was_deleted(office: Office) -> None:
    ts = office.ask()
    office.client.chat_delete(channel=office.channel, ts=ts)
    office.jobs.do_next()
    (message,) = office.messages
    assert message["ts"] != ts
    assert "approve_plan" in office.buttons(message["ts"])


@pytest.mark.usefixtures("api")
def test_a_request_without_a_placeholder(office: Office) -> None:
    office.put("team/api", "")
    office.jobs.do_next()
    (message,) = office.messages
    assert "approve_plan" in office.buttons(message["ts"])


@pytest.mark.usefixtures("api", "web")
def test_a_glob_makes_a_report_of_each_repository(office: Office) -> None:
    ts = office.ask("team/*")
    office.jobs.do_next()
    assert office.messages[0]["ts"] == ts
    assert ["approve_plan" in office.buttons(each["ts"]) for each in office.messages] == [True] * 2
    assert {plan.repository.name for plan in office.store.plans()} == {"team/api", "team/web"}


@pytest.mark.usefixtures("api")
def test_one_of_several_cannot_be_planned(office: Office, aws: AwsStandIn, web: Shelf) -> None:
    refused = {"repositoryName": web.id.name}
    aws.world.faults.add(
        AwsFault(
            operation="DescribeImages", parameters=refused, error="ServerException", times=None
        )
    )
    office.ask("team/*")
    office.jobs.do_next()
    report, failure = office.messages
    assert "approve_plan" in office.buttons(report["ts"])
    assert "team/web cannot be planned: " in failure["text"]


@pytest.mark.usefixtures("api")
def test_a_newer_report_replaces_the_older(office: Office) -> None:
    older, newer = (office.ask() for _ in range(2))
    assert office.jobs.do_next()
    (plan,) = office.store.plans()
    office.watch.passed += timedelta(days=1)
    assert office.jobs.do_next()
    assert office.shown(older)["text"] == "team/api: a newer report on this plan is below."
    assert "approve_plan" in office.buttons(newer)
    (same,) = office.store.plans()
    assert (same.version, same.expires_at > plan.expires_at) == (plan.version, True)


@pytest.mark.usefixtures("api")
def test_a_report_that_is_posted_during_planning_stays(office: Office) -> None:
    office.put("team/api", "")
    placeholder = office.ask()
    assert office.jobs.do_next()
    assert office.jobs.do_next()
    above, live = office.messages
    assert above["ts"] == placeholder
    assert above["text"] == "team/api: a newer report on this plan is below."
    assert "approve_plan" in office.buttons(live["ts"])


# failures


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ("team/apo", "Unknown repository team/apo: did you mean team/api?"),
        ("team/api:1.0", "is an image, not a repository"),
        ("nothing/[ab]", "nothing/[ab]"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_an_invalid_repository(office: Office, repository: str, words: str) -> None:
    """Only the requester sees the answer; nothing is left in the channel."""
    office.ask(repository)
    office.jobs.do_next()
    (answer,) = office.messages
    assert answer["ephemeral"]
    assert words in answer["text"]
    assert list(office.store.plans()) == []
    assert office.take() is None


def test_a_glob_that_matches_too_many(office: Office, aws: AwsStandIn) -> None:
    for number in range(MAX_REPORTS + 1):
        Shelf(aws, f"team/{number}")
    office.ask("team/?")
    office.jobs.do_next()
    assert len(office.messages) == MAX_REPORTS
    office.ask("team/*")
    office.jobs.do_next()
    *reports, answer = office.messages
    assert len(reports) == MAX_REPORTS
    assert answer["ephemeral"]
    assert (
        "matches 11 repositories (team/0, team/1, team/10 and 8 more), but one request "
        in (answer["text"])
    )


@pytest.mark.parametrize(
    ("method", "error", "shown"),
    [
        ("chat.postEphemeral", "internal_error", ["in public"]),
        ("chat.postEphemeral", "not_in_channel", []),
        ("chat.delete", "internal_error", ["in public", "in private"]),
        ("chat.delete", "message_not_found", ["unchanged", "in private"]),
    ],
)
def test_slack_refuses_the_private_answer(
    office: Office, slack: Workspace, method: str, error: str, shown: list[str]
) -> None:
    """The reason is then shown in the message, or sent as a direct message."""
    office.ask("nothing/*")
    slack.faults.add(CallFault(method=method, error=error))
    office.jobs.do_next()
    is_private = {False: "in public", True: "in private"}
    assert shown == [
        is_private[each["ephemeral"]] if "No repository matches" in each["text"] else "unchanged"
        for each in office.messages
    ]
    assert office.take() is None


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("operation", ["DescribeRepositories", "DescribeImages"])
def test_aws_refuses_a_call(office: Office, aws: AwsStandIn, operation: str) -> None:
    fault = AwsFault(operation=operation, error="AccessDeniedException", times=None)
    aws.world.faults.add(fault)
    ts = office.ask()
    office.jobs.do_next()
    assert f"AWS refused ecr:{operation} on" in office.shown(ts)["text"]
    assert office.take() is None


@pytest.mark.usefixtures("api")
def test_credentials_that_cannot_be_read(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reader")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/token")
    ts = office.ask()
    office.jobs.do_next()
    assert "/no/token: No such file or directory; correct" in office.shown(ts)["text"]
    assert office.take() is None


@pytest.mark.usefixtures("api")
def test_an_internal_error_before_planning_is_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise OSError("oh")

    monkeypatch.setattr("bot.worker.report_maker.open_registries", break_down)
    ts = office.ask()
    office.jobs.do_next()
    assert "internal error (OSError: oh)" in office.shown(ts)["text"]
    assert office.take() is None


@pytest.mark.usefixtures("api")
def test_an_internal_error_is_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise LookupError("oh")

    monkeypatch.setattr("bot.worker.report_maker.open_planner", break_down)
    ts = office.ask()
    office.jobs.do_next()
    assert "internal error (LookupError: oh)" in office.shown(ts)["text"]


def test_slack_fails_for_a_day(office: Office, slack: Workspace) -> None:
    ts = office.ask("team/nothing")
    for method in ("chat.postEphemeral", "chat.update"):
        slack.faults.add(CallFault(method=method, error="internal_error", times=2))
    assert office.jobs.do_next()
    assert not office.jobs.do_next()
    office.watch.passed += RETRIED_FOR
    assert office.jobs.do_next()
    assert office.take() is None
    assert office.shown(ts)["text"].startswith(
        "team/nothing cannot be reported: it was not done within a day; last error: "
    )


@pytest.mark.usefixtures("api")
def test_slack_refuses_the_report(
    office: Office, slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is not made again. The sweep posts it."""
    monkeypatch.setattr("bot.slack.requested_reports.SECONDS_BETWEEN_UPDATES", 3600)
    ts = office.ask()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    office.jobs.do_next()
    assert office.take() is None
    assert office.buttons(ts) == []
    office.updater.do_next(0)
    assert "approve_plan" in office.buttons(ts)


# during planning


@pytest.mark.usefixtures("api")
def test_progress_is_shown(
    office: Office, slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.requested_reports.SECONDS_BETWEEN_UPDATES", 0)
    office.ask()
    office.jobs.do_next()
    texts = [call["text"] for call in calls(slack, "chat.update")]
    assert any("reading manifests: 13 of 13" in text for text in texts)
    assert any("scanning usage" in text for text in texts)


@pytest.mark.usefixtures("api")
def test_a_worker_that_shuts_down_releases_the_job(office: Office) -> None:
    """Another worker may take the job immediately."""
    office.ask()
    office.shutdown.request()
    assert office.jobs.do_next()
    assert list(office.store.plans()) == []
    assert office.take()


def steal_at(office: Office, monkeypatch: pytest.MonkeyPatch, called: str) -> list[QueuedJob]:
    """Another worker takes the job over at this call, as if this process had been frozen."""
    stolen: list[QueuedJob] = []
    original = getattr(office.store, called)

    def frozen(*arguments: Any) -> Any:
        monkeypatch.setattr(office.store, called, original)
        job = office.store.take_job("another", office.watch() + 2 * JOB_LEASE, JOB_LEASE)
        assert job
        stolen.append(job)
        return original(*arguments)

    monkeypatch.setattr(office.store, called, frozen)
    return stolen


@pytest.mark.usefixtures("api")
def test_a_worker_that_lost_the_job_posts_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stolen = steal_at(office, monkeypatch, "save_tag_scan")
    ts = office.ask()
    office.jobs.do_next()
    assert office.shown(ts)["text"] == "Looking …"
    (job,) = stolen
    assert office.store.finish_job(job)


@pytest.mark.usefixtures("api")
def test_a_job_is_repeated_after_a_worker_died(office: Office) -> None:
    ts = office.ask()
    assert office.take()
    assert not office.jobs.do_next()
    office.watch.passed += JOB_LEASE
    assert office.jobs.do_next()
    assert "approve_plan" in office.buttons(ts)


@pytest.mark.usefixtures("api")
def test_a_job_that_ends_every_worker_is_given_up(office: Office) -> None:
    ts = office.ask()
    for _ in range(MAX_ATTEMPTS):
        assert office.take()
        office.watch.passed += JOB_LEASE
    assert office.jobs.do_next()
    assert "3 attempts failed because the worker stopped" in office.shown(ts)["text"]
    office.watch.passed += JOB_LEASE
    assert office.take() is None


def test_a_job_of_an_unknown_kind(office: Office) -> None:
    office.store.put_job("report", {"nonsense": "yes"}, system_clock())
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(KeyError):
            office.jobs.do_next()
        office.watch.passed += JOB_LEASE
    assert office.jobs.do_next()
    assert office.take() is None


@pytest.mark.usefixtures("api")
def test_without_slack_no_job_is_taken(office: Office, slack: Workspace) -> None:
    office.ask()
    slack.faults.add(CallFault(method="auth.test", error="internal_error"))
    with pytest.raises(Exception, match="Asking who the bot is"):
        office.jobs.do_next()
    job = office.take()
    assert job
    assert job.attempts == 1


# shared scans


@pytest.fixture
def scanning_office(
    write_settings: WriteSettings,
    make_office: MakeOffice,
    own_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """Scans Lambda in the only Region."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION,))
    usage = f"usage: {{{others_off('lambda')}, expect_none: true}}"
    return make_office(write_settings(usage), own_store)


def report(office: Office, *repositories: str) -> None:
    for repository in repositories:
        office.ask(repository)
        assert office.jobs.do_next()


@pytest.mark.usefixtures("api", "web")
def test_jobs_that_start_together_share_a_scan(scanning_office: Office, aws: AwsStandIn) -> None:
    report(scanning_office, "team/api", "team/web")
    assert aws.world.calls.count(LAMBDA) == 1
    assert len(list(scanning_office.store.plans())) == 2


@pytest.mark.usefixtures("api", "web")
def test_unscanned_regions_are_checked_once_a_day(
    scanning_office: Office, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan lists them."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION, "sa-east-1", "us-east-1"))
    image = f"{DEFAULT_ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team/api:1"
    functions = aws.world.functions(DEFAULT_ACCOUNT, "us-east-1")
    functions.create("f", image, digest=f"sha256:{'0' * 64}")
    report(scanning_office, "team/api")
    scanning_office.watch.passed += SCAN_SHARED_FOR
    report(scanning_office, "team/web")
    assert aws.world.calls.count(LAMBDA) == 2 + 2
    for plan in scanning_office.store.plans():
        unseen = scanning_office.store.content(plan.id, plan.version).usage.unscanned_regions
        assert [*map(str, unseen)] == [f"{DEFAULT_ACCOUNT} in us-east-1 (lambda)"]


@pytest.mark.usefixtures("api", "web")
def test_a_shared_scan_expires(scanning_office: Office, aws: AwsStandIn) -> None:
    report(scanning_office, "team/api")
    scanning_office.watch.passed += SCAN_SHARED_FOR
    report(scanning_office, "team/web")
    assert aws.world.calls.count(LAMBDA) == 2


@pytest.mark.usefixtures("api", "web")
def test_a_scan_that_takes_long_is_shared(
    scanning_office: Office, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a minute after its end. Otherwise each repository of a large account would be planned
    with its own scan."""
    denial = aws.world.access.denial

    def slow_denial(ask: AccessRequest) -> str | None:
        if ask.action == LAMBDA:
            scanning_office.watch.passed += 2 * SCAN_SHARED_FOR
        return denial(ask)

    monkeypatch.setattr(aws.world.access, "denial", slow_denial)
    report(scanning_office, "team/api", "team/web")
    assert aws.world.calls.count(LAMBDA) == 1


@pytest.mark.usefixtures("api")
def test_a_second_request_makes_a_new_scan(scanning_office: Office, aws: AwsStandIn) -> None:
    report(scanning_office, "team/api", "team/api")
    assert aws.world.calls.count(LAMBDA) == 2


@pytest.mark.usefixtures("api", "web")
def test_a_failed_scan_is_not_shared(scanning_office: Office, aws: AwsStandIn) -> None:
    aws.world.faults.add(AwsFault(operation="ListFunctions", error="AccessDeniedException"))
    report(scanning_office, "team/api", "team/web")
    assert aws.world.calls.count(LAMBDA) == 2
    complete = {plan.repository.name: plan.complete for plan in scanning_office.store.plans()}
    assert complete == {"team/api": False, "team/web": True}
