"""`ecr-clean recover` finishes interrupted runs, and lists those that it may not take over."""

import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.plan import PlanState
from bot.core.plan_transitions import taken_over
from bot.core.records import PlanRun, PlanWorker, StoreChange
from bot.core.text_formatting import format_time
from bot.playground.aws import DEFAULT_REGION, AwsStandIn, Fault
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.store.store import Store
from tests import support
from tests.cli.plan_execution import (
    BUILDS,
    DELETION,
    NOTHING,
    PATIENCE,
    approved,
    as_stored,
    frozen,
    hold_deletions,
    late_by,
    until,
    working,
)
from tests.cli.stored_plans import Write
from tests.store.support import event
from tests.support import Shelf

ELSEWHERE = PlanWorker("elsewhere", "another boot", pid=4711, started=1)


def killed(aws: AwsStandIn, run: support.Run, builds: Shelf) -> str:
    """The ID of a plan whose process was killed with four batches in flight."""
    id_ = approved(run, builds.id.name)
    held = hold_deletions(aws)
    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    held.delay = 0
    return id_


def give(store: Store, id_: str, worker: PlanWorker, until_: datetime) -> None:
    """Gives the run of a plan to another worker."""
    before, run = as_stored(store, id_), store.run(id_)
    assert run
    theirs: PlanRun = replace(run, attempt=run.attempt + 1, worker=worker, leased_until=until_)
    change = StoreChange([event()], before, taken_over(before), run_before=run, run=theirs)
    assert store.commit(change)


def test_nothing_to_recover(run: support.Run) -> None:
    result = run("recover")
    assert (result.status, result.out, result.err) == (0, NOTHING, "")


def test_a_plan_in_its_undo_window_is_left_alone(
    run: support.Run, releases: Shelf, own_store: Store
) -> None:
    id_ = approved(run, releases.id.name)
    assert run("recover").out == NOTHING
    assert as_stored(own_store, id_).state is PlanState.APPROVED


def test_plans_that_are_due(
    run: support.Run, at_once: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    web = Shelf(aws, "team/web")
    web.images(20)
    ids = approved(run, at_once.id.name), approved(run, web.id.name)
    result = run("recover")
    assert (result.status, result.err) == (0, "")
    assert "team/api: freed 2.96 kB" in result.out
    assert "team/web: freed 9.86 kB" in result.out
    assert {as_stored(own_store, id_).state for id_ in ids} == {PlanState.DONE}
    assert run("recover").out == NOTHING


@pytest.mark.usefixtures("own_database")
def test_plans_of_one_registry_share_a_usage_scan(
    run: support.Run,
    aws: AwsStandIn,
    settings_file: Write,
    own_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The scan starts after the undo windows of all plans."""
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION,))
    usage = f"usage: {{{support.others_off('lambda')}, expect_none: true}}"
    settings_file(f"{usage}\nexecution: {{undo_window: 0s}}")
    repositories = [Shelf(aws, f"team/{number}") for number in range(4)]
    for repository in repositories:
        repository.images(12)
    ids = [approved(run, repository.id.name) for repository in repositories]
    before = aws.world.calls.count("lambda:ListFunctions")
    assert run("recover").status == 0
    assert aws.world.calls.count("lambda:ListFunctions") == before + 1
    assert {as_stored(own_store, id_).state for id_ in ids} == {PlanState.DONE}
    assert [len(each.repository.manifests) for each in repositories] == [10] * 4


def test_a_run_of_a_killed_process_is_taken_over_immediately(
    run: support.Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    """The calls in flight took effect, but their answers are lost."""
    id_ = killed(aws, run, builds)
    result = run("recover")
    assert (result.status, result.err) == (0, "")
    assert f"Plan {id_}, version 1, was executed." in result.out
    assert f"Result: {BUILDS} deleted" in result.out
    assert len(builds.repository.manifests) == 10
    assert aws.world.calls.count(DELETION) == 5
    told = [each["event"] for each in run("audit", "--format", "json").plans]
    assert told.count("taken_over") == 1
    plan = as_stored(own_store, id_)
    assert plan.freed_bytes + plan.unconfirmed_bytes == BUILDS * 1010


@pytest.mark.slow
def test_a_run_of_a_live_process_is_named(run: support.Run, builds: Shelf, aws: AwsStandIn) -> None:
    id_ = approved(run, builds.id.name)
    held = hold_deletions(aws, seconds=2)
    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        held.delay = 0
        with frozen(process):
            result = run("recover")
        assert (result.status, result.out) == (0, "")
        assert result.sentence.startswith(f"process {process.pid} on ")
        assert f" runs the plan {id_} for team/api: " in result.sentence
        assert process.wait(PATIENCE) == 0


@pytest.mark.slow
def test_a_run_of_another_machine_is_taken_over_after_its_lease(
    run: support.Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    id_ = killed(aws, run, builds)
    until_ = datetime.now(UTC) + timedelta(seconds=80)
    give(own_store, id_, ELSEWHERE, until_)
    result = run("recover")
    assert (result.status, result.out) == (0, "")
    assert result.sentence == (
        f"process 4711 on elsewhere runs the plan {id_} for team/api: if that process is gone, "
        "run ecr-clean recover again after "
        f"{format_time(until_)}"
    )
    assert as_stored(own_store, id_).state is PlanState.EXECUTING
    give(own_store, id_, ELSEWHERE, datetime.now(UTC))
    assert run("recover").status == 0
    assert as_stored(own_store, id_).state is PlanState.DONE


def test_a_plan_that_comes_late_gets_a_new_undo_window(
    run: support.Run, releases: Shelf, own_store: Store, aws: AwsStandIn
) -> None:
    id_ = approved(run, releases.id.name)
    late_by(own_store, id_, timedelta(minutes=16))
    result = run("recover")
    assert result.status == 0
    assert result.sentence == (
        f"no worker started the plan {id_} in time: it has a new undo window, in which "
        f"ecr-clean stop {id_} withdraws the approval"
    )
    assert result.out.startswith(f"Plan {id_}, version 1, is approved; deletion starts 20")
    execute_after = as_stored(own_store, id_).execute_after
    assert execute_after
    assert execute_after > datetime.now(UTC) + timedelta(minutes=4)
    assert aws.world.calls.count(DELETION) == 0
    assert run("recover").out == NOTHING


def test_failures(run: support.Run, at_once: Shelf, aws: AwsStandIn) -> None:
    aws.world.fail_deletion(at_once.repository, "1.1")
    approved(run)
    result = run("recover")
    assert result.status == 1
    assert "Result: 2 deleted, 1 failed." in result.out


def test_a_failure_does_not_stop_other_plans(
    run: support.Run, at_once: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    web = Shelf(aws, "team/web")
    web.images(20)
    ids = approved(run, at_once.id.name), approved(run, web.id.name)
    refused = {"repositoryName": "team/api"}
    for operation in ("DescribeImages", "DescribeRepositories"):
        aws.world.faults.add(
            Fault(operation=operation, parameters=refused, error="ServerException", times=None)
        )
    result = run("recover")
    assert result.status == 1
    assert "team/api" in result.sentence
    states = [as_stored(own_store, id_).state for id_ in ids]
    assert states == [PlanState.APPROVED, PlanState.DONE]


@pytest.mark.usefixtures("at_once")
def test_without_credentials(run: support.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(run)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = run("recover")
    assert (result.status, result.out) == (1, "")
    assert "credentials" in result.sentence
