"""Starting plans, reasons not to start, and taking over runs."""

from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from bot.core.errors import DamagedDataError, ErrorText, RequestError, ServiceError
from bot.core.plan import PlanState
from bot.core.plan_problems import ScanFailed
from bot.core.records import ImageOutcome, PlanRecord
from bot.core.repository import RegistryId
from bot.core.result_reasons import (
    AllSourcesSwitchedOff,
    ApprovedHashDiffers,
    ExecutionDisabled,
    NewPlanProblems,
    NewReplicaRegistry,
    SourceSwitchedOff,
)
from bot.render.audit_events import item_words
from bot.render.errors import not_started_words
from bot.render.plan_problem_sentences import start_problem_words
from bot.store.tables import ApprovalRow, PlanItemRow, PlanVersionRow
from bot.usecases.deletion.lease import RUN_LEASE, LeaseLostError
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.deletion.start import NotStartedError, find_runs
from tests.usecases.aws_env import ANN, HERE, THERE, UNDO_WINDOW, AwsEnv


@pytest.fixture
def plan(aws_env: AwsEnv) -> PlanRecord:
    """A plan that is due and deletes 1.0, 1.1 and 1.2."""
    for number in range(5):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    return aws_env.approved()


def not_started(aws_env: AwsEnv, plan: PlanRecord, *, enabled: bool = True) -> NotStartedError:
    """Starts the plan, and checks that it is proposed again and deletes nothing."""
    with pytest.raises(NotStartedError) as error:
        aws_env.starter(enabled=enabled).start(plan.id, aws_env.clock())
    stored = aws_env.as_stored(plan)
    assert stored == error.value.plan
    assert (stored.state, stored.approvals, stored.execute_after) == (
        PlanState.PROPOSED,
        (),
        None,
    )
    assert aws_env.store.run(plan.id) is None
    assert aws_env.calls("BatchDeleteImage") == 0
    assert aws_env.detail("not_started") == start_problem_words(error.value.cause)
    return error.value


def test_a_plan_starts_after_the_undo_window(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.wait(minutes=-1)
    assert aws_env.execute(plan).state is PlanState.APPROVED
    assert aws_env.store.run(plan.id) is None
    aws_env.wait(minutes=1)
    assert aws_env.execute(plan).state is PlanState.DONE


def test_the_audit_has_worker_and_approvers_of_a_start(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.execute(plan)
    assert aws_env.detail("started") == f"approved by {ANN.name}; runs on {HERE.host}"
    run = aws_env.run(plan)
    assert (run.attempt, run.worker, run.started_at) == (1, HERE, aws_env.clock())


def test_up_to_ten_minutes_are_not_late(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.wait(minutes=10)
    assert aws_env.execute(plan).state is PlanState.DONE


def test_waiting_for_other_runs_is_not_late(aws_env: AwsEnv, plan: PlanRecord) -> None:
    found_due_at = aws_env.clock()
    aws_env.wait(hours=3)
    assert aws_env.starter().start(plan.id, found_due_at).state is PlanState.DONE
    assert "postponed" not in aws_env.events(plan)


def test_a_late_plan_gets_a_new_undo_window(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.wait(minutes=10, seconds=1)
    after = aws_env.execute(plan)
    assert after.state is PlanState.APPROVED
    assert after.execute_after == aws_env.clock() + UNDO_WINDOW
    assert after.current_approvals == plan.current_approvals
    assert aws_env.events(plan)[-1] == "postponed"
    assert aws_env.detail("postponed") == (
        "no worker started it 2026-11-23 12:05 UTC; it starts 2026-11-23 12:20 UTC "
        "unless it is stopped"
    )
    aws_env.wait(minutes=5)
    assert aws_env.execute(plan).state is PlanState.DONE


def test_a_late_plan_can_be_stopped(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.wait(hours=3)
    calls: list[str] = []

    def hook(called: str) -> None:
        if called == "before commit" and not calls:
            calls.append(called)
            aws_env.stop(plan)

    aws_env.hook = hook
    assert aws_env.execute(plan).state is PlanState.PROPOSED
    assert "postponed" not in aws_env.events(plan)


def test_disabled_execution(aws_env: AwsEnv, plan: PlanRecord) -> None:
    error = not_started(aws_env, plan, enabled=False)
    assert not error.is_incomplete
    assert error.cause == ExecutionDisabled()
    assert not_started_words(error.plan, error.cause) == (
        f"The plan {plan.id} for team/api could not start (the settings have execution.enabled: "
        "false). It is proposed again, without approvals"
    )


def test_an_incomplete_scan_at_the_start(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.unread = "the file is gone"
    error = not_started(aws_env, plan)
    assert error.is_incomplete
    unread = ScanFailed("files", "a list", ErrorText("the file is gone"))
    assert error.cause == NewPlanProblems((unread,))


def test_all_sources_are_off_at_the_start(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.sources = ()
    error = not_started(aws_env, plan)
    assert error.is_incomplete
    assert error.cause == NewPlanProblems((AllSourcesSwitchedOff(),))


def test_a_source_is_off_at_the_start(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.not_checked = ("ecs",)
    assert not_started(aws_env, plan).cause == NewPlanProblems((SourceSwitchedOff("ecs"),))


def test_deletions_that_would_be_replicated(aws_env: AwsEnv, plan: PlanRecord) -> None:
    """A user added a replication rule after the approval."""
    there = RegistryId("123456789012", "us-east-1")
    aws_env.places |= {there}
    aws_env.aws.world.replicate([("123456789012", "us-east-1")], deletions=True)
    aws_env.open_registry()
    assert not_started(aws_env, plan).cause == NewPlanProblems((NewReplicaRegistry(there),))


def test_a_deleted_repository(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.lose_repository()
    assert "no longer exists" in str(not_started(aws_env, plan))


def test_a_registry_removed_from_the_settings(aws_env: AwsEnv, plan: PlanRecord) -> None:
    def unknown(_plan: PlanRecord) -> AbstractContextManager[DeletionTarget]:
        raise RequestError("The settings name no such registry")

    with pytest.raises(NotStartedError, match="name no such registry"):
        replace(aws_env.starter(), open_target=unknown).start(plan.id, aws_env.clock())
    assert aws_env.as_stored(plan).state is PlanState.PROPOSED


@pytest.mark.parametrize("hash_", ["", "ab12"], ids=["missing", "another"])
def test_another_hash_than_the_approved_one(aws_env: AwsEnv, plan: PlanRecord, hash_: str) -> None:
    with aws_env.store._database.writing() as session:
        session.execute(update(ApprovalRow).values(hash=hash_))
    assert not_started(aws_env, plan).cause == ApprovedHashDiffers(plan.version)


def test_a_stored_version_that_was_changed(aws_env: AwsEnv, plan: PlanRecord) -> None:
    with aws_env.store._database.writing() as session:
        session.execute(update(PlanVersionRow).values(hash="ab12"))
    assert "was changed in the database" in str(not_started(aws_env, plan))


def test_a_worker_that_shuts_down_starts_no_plan(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.is_shutting_down = True
    with pytest.raises(ShutdownError):
        aws_env.execute(plan)
    assert aws_env.as_stored(plan) == plan
    assert aws_env.calls("BatchDeleteImage") == 0


def test_a_plan_stays_approved_if_aws_fails(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.aws.world.deny("ecr:DescribeImages")
    with pytest.raises(ServiceError, match="AWS refused"):
        aws_env.execute(plan)
    assert aws_env.as_stored(plan) == plan
    aws_env.aws.world.access.clear()
    assert aws_env.execute(plan).state is PlanState.DONE


@pytest.mark.parametrize("is_disabled", [False, True])
def test_a_stop_during_the_start_wins(
    aws_env: AwsEnv, plan: PlanRecord, *, is_disabled: bool
) -> None:
    calls: list[str] = []

    def hook(called: str) -> None:
        if called == "before commit" and not calls:
            calls.append(called)
            aws_env.stop(plan)

    aws_env.hook = hook
    with pytest.raises(LeaseLostError):
        aws_env.starter(enabled=not is_disabled).start(plan.id, aws_env.clock())
    assert aws_env.as_stored(plan).state is PlanState.PROPOSED
    assert aws_env.events(plan)[-1] == "stopped"
    assert aws_env.calls("BatchDeleteImage") == 0


def test_a_pin_during_the_start_makes_the_next_version(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.after("content", 1, lambda: aws_env.pin("1.0"))
    with pytest.raises(LeaseLostError):
        aws_env.execute(plan)
    after = aws_env.as_stored(plan)
    assert (after.state, after.version) == (PlanState.PROPOSED, 2)


def test_two_workers_start_at_the_same_time(aws_env: AwsEnv, plan: PlanRecord) -> None:
    def other() -> None:
        aws_env.hook = lambda _: None
        assert aws_env.starter(THERE).start(plan.id, aws_env.clock()).state is PlanState.DONE

    aws_env.after("content", 1, other)
    with pytest.raises(LeaseLostError):
        aws_env.execute(plan)
    assert aws_env.calls("BatchDeleteImage") == 1
    assert aws_env.run(plan).worker == THERE
    aws_env.check_results(plan)


# abandoned runs


@pytest.fixture
def abandoned(aws_env: AwsEnv, plan: PlanRecord) -> PlanRecord:
    """A plan whose worker died right after the start."""
    aws_env.after("commit", 1, _die)
    with pytest.raises(KeyboardInterrupt):
        aws_env.execute(plan)
    aws_env.hook = lambda _: None
    return aws_env.as_stored(plan)


def _die() -> None:
    raise KeyboardInterrupt


def test_due_abandoned_and_running_plans(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    run = aws_env.run(abandoned)

    def found(*, is_gone: bool) -> tuple[int, int, int]:
        work = find_runs(
            aws_env.store, aws_env.clock(), lambda worker: is_gone and worker == run.worker
        )
        assert all(begun == (abandoned, run) for begun in (*work.abandoned, *work.running))
        return len(work.due), len(work.abandoned), len(work.running)

    assert found(is_gone=False) == (0, 0, 1)
    assert found(is_gone=True) == (0, 1, 0)
    aws_env.wait(seconds=RUN_LEASE.total_seconds() - 1)
    assert found(is_gone=False) == (0, 0, 1)
    aws_env.wait(seconds=1)
    assert found(is_gone=False) == (0, 1, 0)


def test_a_plan_is_due(aws_env: AwsEnv, plan: PlanRecord) -> None:
    assert find_runs(aws_env.store, aws_env.clock(), lambda _: False).due == [plan]
    aws_env.wait(seconds=-1)
    assert find_runs(aws_env.store, aws_env.clock(), lambda _: False).due == []


def test_an_abandoned_run_is_taken_over(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    plan = aws_env.take_over(abandoned)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    run = aws_env.run(plan)
    assert (run.attempt, run.worker) == (2, THERE)
    assert aws_env.detail("taken_over") == "from process 7 on here; continues on there"
    aws_env.check_results(plan)


def test_only_one_worker_takes_a_run_over(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    run = aws_env.run(abandoned)
    aws_env.take_over(abandoned)
    with pytest.raises(LeaseLostError):
        aws_env.starter(HERE).take_over(abandoned, run)
    assert aws_env.calls("BatchDeleteImage") == 1


def test_an_abandoned_run_is_stopped_if_execution_is_disabled(
    aws_env: AwsEnv, abandoned: PlanRecord
) -> None:
    plan = aws_env.starter(THERE, enabled=False).take_over(abandoned, aws_env.run(abandoned))
    assert plan.state is PlanState.STOPPED
    reasons = {item_words(item) for item in aws_env.items(plan).values()}
    assert reasons == {"was not reached: the settings (execution.enabled: false) stopped the run"}
    assert aws_env.calls("BatchDeleteImage") == 0


def test_a_stop_of_an_abandoned_run(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    assert aws_env.stop(abandoned).state is PlanState.EXECUTING
    plan = aws_env.take_over(abandoned)
    assert plan.state is PlanState.STOPPED
    assert aws_env.events(plan)[-3:] == ["taken_over", "skipped", "stopped"]
    aws_env.check_results(plan)


def test_changes_before_the_takeover_are_skipped(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    aws_env.pin("1.0")
    aws_env.wait(hours=5)
    plan = aws_env.take_over(abandoned)
    assert sorted(aws_env.outcomes(plan).values()) == ["deleted", "deleted", "skipped"]
    aws_env.check_results(plan)


def test_a_deleted_repository_ends_the_run(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    aws_env.lose_repository()
    plan = aws_env.take_over(abandoned)
    assert plan.state is PlanState.STOPPED
    assert "no longer exists" in aws_env.detail("stopped")


def test_a_changed_version_is_detected_at_the_takeover(
    aws_env: AwsEnv, abandoned: PlanRecord
) -> None:
    with aws_env.store._database.writing() as session:
        session.execute(update(ApprovalRow).values(hash="ab12"))
    with pytest.raises(DamagedDataError, match="is not the approved one"):
        aws_env.take_over(abandoned)
    assert aws_env.calls("BatchDeleteImage") == 0


def test_changed_results_are_detected(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    with aws_env.store._database.writing() as session:
        session.execute(delete(PlanItemRow).where(PlanItemRow.position == 0))
    with pytest.raises(DamagedDataError, match="do not match its deletions"):
        aws_env.take_over(abandoned)
    assert aws_env.calls("BatchDeleteImage") == 0


def test_no_other_plan_of_the_repository_can_start(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    assert aws_env.propose() == abandoned
    aws_env.wait(minutes=2)
    assert aws_env.execute(abandoned) == abandoned
