"""`ecr-clean report` posts reports now, without a running `ecr-clean serve`."""

import zoneinfo
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.core.report_schedules import IGNORE_TAG
from bot.playground.aws import AwsStandIn
from bot.playground.slack import BOT_TOKEN, CallFault, SimulatedUser, Workspace
from bot.process import system_clock
from bot.store.store import Store
from tests.cli.plan_execution import as_stored, proposed
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.slack.support import buttons
from tests.support import Run, Shelf

TEAM = "{repositories: ['team/*'], channel: '#team', min_saving: 0.01}"
LAB = "{repositories: ['lab/*']}"


@pytest.fixture
def channel(slack: Workspace, ann: SimulatedUser, settings_file: Write) -> str:
    settings_file(f"{LOOKED_AT}reports: [{TEAM}, {LAB}]")
    return slack.remote.add_channel("team", [ann])


@pytest.fixture
def api(shelf: Shelf) -> Shelf:
    """`team/api` with 13 large releases, of which three are to delete."""
    shelf.large_releases()
    return shelf


@pytest.fixture
def others(aws: AwsStandIn) -> None:
    Shelf(aws, "team/web").images(2)
    Shelf(aws, "team/small").images(13)
    Shelf(aws, "lab/a").images(13)


@pytest.mark.usefixtures("api")
def test_a_report_is_posted_in_its_channel(run: Run, ann: SimulatedUser, channel: str) -> None:
    result = run("report", "team/api")
    (message,) = ann.messages(channel)
    assert result.status == 0
    link = f"archives/{channel}/p{message['ts'].replace('.', '')}"
    assert result.out.startswith("team/api: posted: https://")
    assert result.out.endswith(f"{link}\n")
    assert "approve_plan" in buttons(message)
    assert [file for reply in message["replies"] for file in reply.get("files", ())]


@pytest.fixture
def no_time_zones() -> Iterator[None]:
    """Minimal container images have no time zones, or lack old names such as US/Pacific."""
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()


@pytest.mark.usefixtures("api", "no_time_zones")
def test_it_needs_no_time_zones_of_the_system(
    run: Run, ann: SimulatedUser, channel: str, settings_file: Write
) -> None:
    settings_file(f"{LOOKED_AT}reports: [{{channel: team, time_zone: US/Pacific}}]")
    assert run("report", "team/api").out.startswith("team/api: posted: https://")
    assert len(ann.messages(channel)) == 1


@pytest.mark.usefixtures("api", "others")
def test_all_repositories_with_a_channel(run: Run, ann: SimulatedUser, channel: str) -> None:
    result = run("report", "--format", "json")
    report, line = ann.messages(channel)
    assert report["text"].startswith("team/api: ")
    assert line["text"] == (
        "1 repository has nothing to delete: `team/web`; 1 saves less than $1 a year "
        "(&lt; $1 a year): `team/small`."
    )
    assert result.status == 0
    told = {each["repository"]: (each["outcome"], each["ts"]) for each in result.plans}
    assert told == {
        "team/api": ("posted", report["ts"]),
        "team/small": ("small", line["ts"]),
        "team/web": ("nothing", line["ts"]),
    }
    assert {each["channel"] for each in result.plans} == {channel}


@pytest.mark.usefixtures("others", "channel")
def test_text_and_csv(run: Run) -> None:
    lines = run("report").out.splitlines()
    assert lines[0].startswith("team/small: saves < $1 a year, in the summary: https://")
    assert lines[1].startswith("team/web: nothing to delete, in the summary: https://")
    header, first, _ = run("report", "--format", "csv").out.splitlines()
    assert header.startswith("repository,registry_id,region,plan,version,outcome,")
    assert first.startswith("team/small,123456789012,eu-west-1,")


@pytest.mark.usefixtures("others")
def test_named_repositories_get_their_own_message(
    run: Run, ann: SimulatedUser, channel: str
) -> None:
    assert run("report", "team/*").status == 0
    assert len(ann.messages(channel)) == 2


def test_ignored_repositories_are_left_out(
    run: Run, aws: AwsStandIn, api: Shelf, ann: SimulatedUser, channel: str
) -> None:
    aws.world.create_repository("team/lab", tags={IGNORE_TAG: ""})
    assert run("approve", proposed(run), "--confirm", api.id.name).status == 0
    result = run("report")
    assert (result.status, result.out) == (0, "Nothing was posted.\n")
    assert ann.messages(channel) == []


def test_a_decided_plan_is_not_planned_again(
    run: Run, aws: AwsStandIn, api: Shelf, channel: str
) -> None:
    del channel
    assert run("approve", proposed(run), "--confirm", api.id.name).status == 0
    listed = aws.world.calls.count("ecr:DescribeImages")
    assert run("report").status == 0
    assert aws.world.calls.count("ecr:DescribeImages") == listed


@pytest.mark.usefixtures("api")
def test_a_newer_report_replaces_the_older(run: Run, ann: SimulatedUser, channel: str) -> None:
    for _ in range(2):
        assert run("report", "team/api").status == 0
    older, newer = ann.messages(channel)
    assert older["text"] == "team/api: a newer report on this plan is below."
    assert (buttons(older), "approve_plan" in buttons(newer)) == ([], True)


# digests


@pytest.fixture
def many(aws: AwsStandIn, settings_file: Write, channel: str) -> str:
    """Two repositories to decide on, which are a digest, and others. Returns the channel."""
    settings_file(f"{LOOKED_AT}reports: [{TEAM[:-1]}, digest_over: 1}}, {LAB}]")
    Shelf(aws, "team/jobs").large_releases()
    return channel


@pytest.mark.usefixtures("api", "others")
def test_many_reports_are_a_digest(run: Run, ann: SimulatedUser, many: str) -> None:
    result = run("report", "--format", "json")
    (message,) = ann.messages(many)
    assert message["text"].startswith("ECR cleanup · 2 repositories could save $58 a year.")
    assert "1 clean · 1 small, &lt; $1 a year together" in message["text"]
    assert "approve_plans" in buttons(message)
    assert [file for reply in message["replies"] for file in reply.get("files", ())]
    told = {each["repository"]: each["outcome"] for each in result.plans}
    assert told == {
        "team/api": "posted",
        "team/jobs": "posted",
        "team/small": "small",
        "team/web": "nothing",
    }
    assert {each["ts"] for each in result.plans} == {message["ts"]}


@pytest.mark.usefixtures("api")
def test_named_repositories_are_no_digest(run: Run, ann: SimulatedUser, many: str) -> None:
    assert run("report", "team/*").status == 0
    assert len(ann.messages(many)) == 2


@pytest.mark.usefixtures("api")
def test_a_digest_that_cannot_be_posted(
    run: Run, ann: SimulatedUser, slack: Workspace, many: str, own_store: Store
) -> None:
    """A running worker posts it."""
    slack.faults.add(CallFault(method="chat.postMessage", error="is_archived"))
    result = run("report")
    assert (result.status, result.out) == (1, "Nothing was posted.\n")
    assert "Posting a digest in Slack failed: the channel is archived" in result.err
    own_store.queue_summaries(system_clock())
    assert own_store.jobs_left("rest") == 1
    assert ann.messages(many) == []


@pytest.mark.usefixtures("api")
def test_a_digest_with_its_first_line_only(
    run: Run, ann: SimulatedUser, slack: Workspace, many: str
) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    result = run("report")
    (message,) = ann.messages(many)
    assert result.status == 1
    assert "Showing a digest in Slack failed" in result.err
    assert buttons(message) == []


# failures


@pytest.mark.usefixtures("api", "others")
def test_no_channel(run: Run, ann: SimulatedUser, channel: str) -> None:
    """All repositories are tried."""
    result = run("report", "lab/a", "team/api")
    assert result.status == 2
    assert "`channel` is not set in the entry of `reports` of lab/a" in result.err
    assert len(ann.messages(channel)) == 1


@pytest.mark.usefixtures("api", "slack")
def test_no_channel_at_all(run: Run, settings_file: Write) -> None:
    settings_file(LOOKED_AT)
    result = run("report")
    assert (result.status, result.out) == (2, "")
    assert "`channel` is not set in the entry of `reports` of any repository" in result.sentence


@pytest.mark.usefixtures("api", "channel")
def test_no_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    result = run("report", "team/api")
    assert (result.status, result.out) == (2, "")
    assert "SLACK_BOT_TOKEN is not set" in result.sentence


@pytest.mark.usefixtures("api", "channel")
def test_no_app_token_is_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_APP_TOKEN")
    assert run("report", "team/api").status == 0


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("arguments", [(), ("team/*",)])
def test_slack_refuses_a_report(
    run: Run, slack: Workspace, channel: str, arguments: tuple[str, ...]
) -> None:
    del channel
    slack.faults.add(CallFault(method="chat.postMessage", error="is_archived"))
    result = run("report", *arguments)
    assert result.status == 1
    assert "the channel is archived" in result.err
    assert BOT_TOKEN not in result.err


@pytest.mark.usefixtures("api")
def test_slack_accepts_only_the_first_line(
    run: Run, slack: Workspace, ann: SimulatedUser, channel: str
) -> None:
    slack.faults.add(CallFault(method="chat.update", error="internal_error", times=None))
    result = run("report", "team/api")
    (message,) = ann.messages(channel)
    assert (result.status, result.out) == (1, "Nothing was posted.\n")
    assert "The report of team/api has only its first line (https://" in result.err
    assert buttons(message) == []


@pytest.mark.usefixtures("api", "channel")
def test_an_unchanged_plan_remains_open(run: Run, settings_file: Write, own_store: Store) -> None:
    plan = as_stored(own_store, proposed(run))
    settings_file(f"{LOOKED_AT}reports: [{TEAM}]\napproval: {{expires_after: 30d}}")
    assert run("report", "team/api").status == 0
    kept = as_stored(own_store, plan.id)
    assert kept.version == plan.version
    assert kept.expires_at > plan.expires_at + timedelta(days=20)


@pytest.mark.usefixtures("api", "channel")
def test_a_registry_cannot_be_listed(run: Run, aws: AwsStandIn) -> None:
    aws.world.deny("ecr:DescribeRepositories")
    result = run("report")
    assert (result.status, result.out) == (1, "Nothing was posted.\n")
    assert "AWS refused ecr:DescribeRepositories" in result.err


@pytest.mark.usefixtures("api")
def test_an_incomplete_plan(run: Run, aws: AwsStandIn, ann: SimulatedUser, channel: str) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    assert run("report").status == 3
    assert len(ann.messages(channel)) == 1


def test_an_unknown_repository(run: Run, channel: str) -> None:
    del channel
    assert run("report", "team/nothing").status == 2
