"""Several processes on one database with different settings: each process checks decisions of the
others by its own settings."""

from pathlib import Path

import pytest

from bot.core.audit_details import UsageConfirmed
from bot.core.plan import PlanState
from bot.core.workload_counts import WorkloadCount
from bot.playground.aws import AwsStandIn
from bot.playground.slack import SimulatedUser, Workspace
from bot.render.audit_events import detail_words
from bot.store.store import Store
from tests.cli.plan_execution import DELETION, as_stored, late_by, proposed, until
from tests.cli.stored_plans import ANN, BOB, LOOKED_AT, Write
from tests.cli.test_serve import serving
from tests.journeys.conftest import SLACK_SETTINGS
from tests.journeys.test_slack import (
    AN_HOUR,
    DELETED_TAGS,
    KEPT_TAGS,
    REPORTED,
    clicks,
    events,
    only_plan,
    request_report,
    serving_slack,
    tags,
    until_answered,
    until_shown,
)
from tests.slack.running_bot import Json, private_messages, public_messages
from tests.slack.support import buttons, message_at
from tests.support import Run, Shelf, others_off


@pytest.fixture
def lenient(environment: Path) -> Path:
    """Other settings that allow everything at once."""
    file = environment / "lenient.yml"
    file.write_text(
        f"{LOOKED_AT}execution: {{undo_window: 0s}}\napproval: {{type_to_confirm_over: 100%}}\n"
    )
    return file


# approvals


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("approval: {approvers: [U0123456789]}", f"{ANN} is not an approver"),
        pytest.param(
            "approval: {required: 2}",
            "it needs 2 approvals, but 0 of 1 count under the settings",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "execution: {undo_window: 1h}",
            "the undo window of the settings is 1h",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_serve_deletes_by_its_own_settings(
    settings: str,
    why: str,
    lenient: Path,
    run: Run,
    releases: Shelf,
    settings_file: Write,
    own_store: Store,
    aws: AwsStandIn,
) -> None:
    """A user runs `approve` on the same database with settings that allow it."""
    settings_file(f"{LOOKED_AT}{settings}\n")
    plan = proposed(run, releases.id.name)
    assert run("approve", plan, "--config", str(lenient)).status == 0
    assert as_stored(own_store, plan).state is PlanState.APPROVED
    with serving():
        until(lambda: as_stored(own_store, plan).state is PlanState.PROPOSED)
    (event,) = (each for each in own_store.events() if each.event == "not_started")
    assert why in detail_words(event.detail)
    assert aws.world.calls.count(DELETION) == 0
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


@pytest.mark.slow
def test_slack_shows_why_the_plan_did_not_start(
    slack: Workspace,
    ann: SimulatedUser,
    ops: str,
    lenient: Path,
    run: Run,
    releases: Shelf,
    settings_file: Write,
    own_store: Store,
    aws: AwsStandIn,
) -> None:
    """Then a member of the approvers' user group approves it."""
    group = slack.remote.add_user_group("owners", [ann])
    settings_file(
        f"{SLACK_SETTINGS}approval: {{approvers: [{group}], type_to_confirm_over: 100%}}\n"
    )
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store)
        assert run("approve", plan.id, "--config", str(lenient)).status == 0
        until(lambda: "is not an approver" in str(message_at(ann, ops, report["ts"])))
        until_shown(ann, ops, report, *REPORTED)
        assert events(own_store, plan.id)[-1] == "not_started"
        assert aws.world.calls.count(DELETION) == 0

        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        late_by(own_store, plan.id, AN_HOUR)
        until(lambda: ": deleted 3 images" in message_at(ann, ops, report["ts"])["text"])
    assert tags(releases) == KEPT_TAGS


@pytest.mark.slow
def test_approvals_in_slack_cannot_be_checked_without_slack(
    slack: Workspace,
    ann: SimulatedUser,
    ops: str,
    run: Run,
    releases: Shelf,
    without_typing: None,
    own_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plan remains approved, until a process with access to Slack starts it."""
    del without_typing
    with serving_slack(slack):
        report = request_report(ann, ops)
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
    plan = only_plan(own_store)
    late_by(own_store, plan.id, AN_HOUR)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.delenv("SLACK_APP_TOKEN")
    result = run("recover")
    assert result.status == 1
    assert f"cannot look up {ann.id} in Slack, since SLACK_BOT_TOKEN is not set" in result.sentence
    assert as_stored(own_store, plan.id).state is PlanState.APPROVED
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


# pins and usage


def test_a_pin_removed_under_other_settings_still_protects(
    lenient: Path,
    run: Run,
    plan: Run,
    releases: Shelf,
    settings_file: Write,
    aws: AwsStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings_file(f"{LOOKED_AT}approval: {{approvers: ['{ANN}']}}\n")
    name = releases.id.name
    assert run("pin", name, "1.0", "--reason", "a customer runs it").status == 0
    aws.world.identities.add_user("bobs-key", "bob")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "bobs-key")
    assert run("unpin", name, "1.0").status == 2
    assert run("unpin", name, "1.0", "--config", str(lenient)).status == 0

    (pinned,) = (each for each in plan().plan["images"] if each["tags"] == ["1.0"])
    assert pinned["verdict"] == "keep"
    assert f"{BOB} removed it, but {BOB} is not an approver" in str(pinned["reasons"])
    (listed,) = run("pins", "--format", "json").plans
    assert (listed["pin"], listed["by"]) == ("1.0", ANN)
    relied_on = run("plan", name, "--format", "json", "--config", str(lenient)).plan
    assert len(relied_on["delete"]) == 3


def test_usage_confirmed_under_other_settings_does_not_count(
    environment: Path, run: Run, releases: Shelf, settings_file: Write
) -> None:
    files = f"usage: {{{others_off('files')}, files: [used.txt]}}\n"
    settings_file(f"{files}approval: {{approvers: ['{BOB}']}}\n")
    lenient = environment / "lenient.yml"
    lenient.write_text(files)
    used = environment / "used.txt"
    used.write_text("".join(f"team/api:1.{number}\n" for number in range(10)))
    assert run("propose", releases.id.name).status == 0
    used.write_text("team/api:1.12\n")
    assert run("plan", releases.id.name, "--config", lenient.name).status == 3
    confirm = ("confirm-usage", "files", "used.txt", "--workloads", "1")
    assert run(*confirm).status == 2
    assert run(*confirm, "--config", lenient.name).status == 0
    assert run("plan", releases.id.name, "--config", lenient.name).status == 0

    result = run("plan", releases.id.name)
    assert result.status == 3
    assert "it lists 1 workload, but listed 10 on " in result.sentence


# confirmation of a number


@pytest.mark.slow
def test_confirm_usage_confirms_the_number_in_the_message(
    slack: Workspace,
    ann: SimulatedUser,
    ops: str,
    environment: Path,
    run: Run,
    releases: Shelf,
    settings_file: Write,
    own_store: Store,
) -> None:
    """A message shows 4 workloads instead of 10; before the click, a scan finds none."""
    settings_file(
        f"usage: {{{others_off('files')}, files: [used.txt], expect_none: true}}\n"
        "reports: [{channel: '#ops'}]\n"
    )
    used = environment / "used.txt"

    def use(number: int) -> None:
        used.write_text("".join(f"team/api:1.{each}\n" for each in range(number)))

    use(10)
    assert run("propose", releases.id.name).status == 0
    use(4)
    with serving_slack(slack):
        assert ann.types("/ecr-clean team/api", ops).ok
        until(lambda: "confirm_usage:0" in _buttons(ann, ops))
        report = _last(ann, ops)
        assert "it lists 4 workloads, but listed 10" in str(report["blocks"])
        use(0)
        assert run("plan", releases.id.name).status == 3
        assert ann.uses("confirm_usage:0", confirm=True, channel=ops, ts=report["ts"]).ok
        until_answered(ann, ops)
        (said,) = private_messages(ann, ops)
        assert said.startswith("The confirmed number, 4, is outdated: files lists 0 workloads in ")
        (doubted,) = own_store.doubted()
        assert (doubted.listed.workloads, doubted.before.workloads) == (0, 10)

        assert ann.uses("try_again", channel=ops, ts=report["ts"]).ok
        until(lambda: "it lists 0 workloads, but" in str(_last(ann, ops)["blocks"]))
        assert ann.uses("confirm_usage:0", confirm=True, channel=ops, ts=_last(ann, ops)["ts"]).ok
        until(lambda: not own_store.doubted())
    last = own_store.history(doubted.source, doubted.scope).last
    assert isinstance(last, WorkloadCount)
    assert last.workloads == 0
    (event,) = (each for each in own_store.events() if each.event == "confirmed_usage")
    assert event.by == ann.id
    assert isinstance(event.detail, UsageConfirmed)
    figures = event.detail.figures
    assert (figures.source, figures.workloads, figures.before) == ("files", 0, 10)


def _last(person: SimulatedUser, channel: str) -> Json:
    return public_messages(person, channel)[-1]


def _buttons(person: SimulatedUser, channel: str) -> list[str]:
    messages = public_messages(person, channel)
    return buttons(messages[-1]) if messages else []
