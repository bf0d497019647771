"""How a plan begins, why it does not, and how somebody else goes on with it."""

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
from tests.usecases.site import ANN, HERE, THERE, UNDO_WINDOW, Site


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """One that is due, and deletes 1.0, 1.1 and 1.2."""
    for number in range(5):
        site.shelf.image(f"1.{number}", age=60 - number)
    return site.approved()


def called_back(site: Site, plan: PlanRecord, *, enabled: bool = True) -> NotStartedError:
    """Starts it, and checks that it is proposed again and nothing is deleted."""
    with pytest.raises(NotStartedError) as error:
        site.starter(enabled=enabled).start(plan.id)
    stored = site.as_stored(plan)
    assert stored == error.value.plan
    assert (stored.state, stored.approvals, stored.execute_after) == (
        PlanState.PROPOSED,
        (),
        None,
    )
    assert site.store.run(plan.id) is None
    assert site.calls("BatchDeleteImage") == 0
    assert site.detail("not_started") == start_problem_words(error.value.cause)
    return error.value


def test_it_begins_when_the_window_is_over(site: Site, plan: PlanRecord) -> None:
    site.wait(minutes=-1)
    assert site.carry_out(plan).state is PlanState.APPROVED
    assert site.store.run(plan.id) is None
    site.wait(minutes=1)
    assert site.carry_out(plan).state is PlanState.DONE


def test_who_began_it_and_for_whom(site: Site, plan: PlanRecord) -> None:
    site.carry_out(plan)
    assert site.detail("started") == f"approved by {ANN.name}; on {HERE.host}"
    run = site.run(plan)
    assert (run.attempt, run.worker, run.started_at) == (1, HERE, site.clock())


def test_up_to_ten_minutes_are_not_late(site: Site, plan: PlanRecord) -> None:
    site.wait(minutes=10)
    assert site.carry_out(plan).state is PlanState.DONE


def test_a_late_start_is_announced_and_gets_a_new_window(site: Site, plan: PlanRecord) -> None:
    site.wait(minutes=10, seconds=1)
    after = site.carry_out(plan)
    assert after.state is PlanState.APPROVED
    assert after.execute_after == site.clock() + UNDO_WINDOW
    assert after.current_approvals == plan.current_approvals
    assert site.events(plan)[-1] == "postponed"
    assert site.detail("postponed") == (
        "no worker started it 2026-11-23 12:05 UTC; it starts 2026-11-23 12:20 UTC, "
        "unless it is stopped"
    )
    site.wait(minutes=5)
    assert site.carry_out(plan).state is PlanState.DONE


def test_somebody_may_stop_it_while_it_is_announced(site: Site, plan: PlanRecord) -> None:
    site.wait(hours=3)
    calls: list[str] = []

    def hook(called: str) -> None:
        if called == "before commit" and not calls:
            calls.append(called)
            site.stop(plan)

    site.hook = hook
    assert site.carry_out(plan).state is PlanState.PROPOSED
    assert "postponed" not in site.events(plan)


def test_execution_that_is_switched_off(site: Site, plan: PlanRecord) -> None:
    error = called_back(site, plan, enabled=False)
    assert not error.is_incomplete
    assert error.cause == ExecutionDisabled()
    assert not_started_words(error.plan, error.cause) == (
        f"The plan {plan.id} for team/api could not start (the settings have execution.enabled: "
        "false). It is proposed again, without approvals"
    )


def test_an_incomplete_rescan(site: Site, plan: PlanRecord) -> None:
    site.unread = "the file is gone"
    error = called_back(site, plan)
    assert error.is_incomplete
    unread = ScanFailed("files", "a list", ErrorText("the file is gone"))
    assert error.cause == NewPlanProblems((unread,))


def test_sources_that_were_all_switched_off_meanwhile(site: Site, plan: PlanRecord) -> None:
    site.sources = ()
    error = called_back(site, plan)
    assert error.is_incomplete
    assert error.cause == NewPlanProblems((AllSourcesSwitchedOff(),))


def test_a_source_that_was_switched_off_meanwhile(site: Site, plan: PlanRecord) -> None:
    site.not_checked = ("ecs",)
    assert called_back(site, plan).cause == NewPlanProblems((SourceSwitchedOff("ecs"),))


def test_deletions_that_would_be_carried_elsewhere(site: Site, plan: PlanRecord) -> None:
    """Somebody added a replication rule after people approved."""
    there = RegistryId("123456789012", "us-east-1")
    site.places |= {there}
    site.aws.world.replicate([("123456789012", "us-east-1")], deletions=True)
    site.open_registry()
    assert called_back(site, plan).cause == NewPlanProblems((NewReplicaRegistry(there),))


def test_a_repository_that_is_gone(site: Site, plan: PlanRecord) -> None:
    site.lose_repository()
    assert "no longer exists" in str(called_back(site, plan))


def test_a_registry_that_the_settings_do_not_know_any_more(site: Site, plan: PlanRecord) -> None:
    def unknown(_plan: PlanRecord) -> AbstractContextManager[DeletionTarget]:
        raise RequestError("The settings name no such registry")

    with pytest.raises(NotStartedError, match="name no such registry"):
        replace(site.starter(), open_target=unknown).start(plan.id)
    assert site.as_stored(plan).state is PlanState.PROPOSED


@pytest.mark.parametrize("hash_", ["", "ab12"], ids=["missing", "another"])
def test_another_hash_than_the_approved_one(site: Site, plan: PlanRecord, hash_: str) -> None:
    with site.store._database.writing() as session:
        session.execute(update(ApprovalRow).values(hash=hash_))
    assert called_back(site, plan).cause == ApprovedHashDiffers(plan.version)


def test_a_stored_version_that_was_changed(site: Site, plan: PlanRecord) -> None:
    with site.store._database.writing() as session:
        session.execute(update(PlanVersionRow).values(hash="ab12"))
    assert "was changed in the database" in str(called_back(site, plan))


def test_who_is_told_to_leave_begins_nothing(site: Site, plan: PlanRecord) -> None:
    site.is_shutting_down = True
    with pytest.raises(ShutdownError):
        site.carry_out(plan)
    assert site.as_stored(plan) == plan
    assert site.calls("BatchDeleteImage") == 0


def test_aws_that_does_not_answer_leaves_it_approved(site: Site, plan: PlanRecord) -> None:
    site.aws.world.deny("ecr:DescribeImages")
    with pytest.raises(ServiceError, match="AWS refused"):
        site.carry_out(plan)
    assert site.as_stored(plan) == plan
    site.aws.world.access.clear()
    assert site.carry_out(plan).state is PlanState.DONE


@pytest.mark.parametrize("is_disabled", [False, True])
def test_who_stops_it_meanwhile_wins(site: Site, plan: PlanRecord, *, is_disabled: bool) -> None:
    calls: list[str] = []

    def hook(called: str) -> None:
        if called == "before commit" and not calls:
            calls.append(called)
            site.stop(plan)

    site.hook = hook
    with pytest.raises(LeaseLostError):
        site.starter(enabled=not is_disabled).start(plan.id)
    assert site.as_stored(plan).state is PlanState.PROPOSED
    assert site.events(plan)[-1] == "stopped"
    assert site.calls("BatchDeleteImage") == 0


def test_a_pin_meanwhile_makes_the_next_version(site: Site, plan: PlanRecord) -> None:
    site.after("content", 1, lambda: site.pin("1.0"))
    with pytest.raises(LeaseLostError):
        site.carry_out(plan)
    after = site.as_stored(plan)
    assert (after.state, after.version) == (PlanState.PROPOSED, 2)


def test_two_that_begin_at_the_same_time(site: Site, plan: PlanRecord) -> None:
    def other() -> None:
        site.hook = lambda _: None
        assert site.starter(THERE).start(plan.id).state is PlanState.DONE

    site.after("content", 1, other)
    with pytest.raises(LeaseLostError):
        site.carry_out(plan)
    assert site.calls("BatchDeleteImage") == 1
    assert site.run(plan).worker == THERE
    site.check_receipt(plan)


# whoever had it is gone


@pytest.fixture
def left(site: Site, plan: PlanRecord) -> PlanRecord:
    """Its worker died right after it had begun."""
    site.after("commit", 1, _die)
    with pytest.raises(KeyboardInterrupt):
        site.carry_out(plan)
    site.hook = lambda _: None
    return site.as_stored(plan)


def _die() -> None:
    raise KeyboardInterrupt


def test_what_is_due_what_is_left_and_what_is_held(site: Site, left: PlanRecord) -> None:
    run = site.run(left)

    def found(*, is_gone: bool) -> tuple[int, int, int]:
        work = find_runs(site.store, site.clock(), lambda worker: is_gone and worker == run.worker)
        assert all(begun == (left, run) for begun in (*work.abandoned, *work.running))
        return len(work.due), len(work.abandoned), len(work.running)

    assert found(is_gone=False) == (0, 0, 1)
    assert found(is_gone=True) == (0, 1, 0)
    site.wait(seconds=RUN_LEASE.total_seconds() - 1)
    assert found(is_gone=False) == (0, 0, 1)
    site.wait(seconds=1)
    assert found(is_gone=False) == (0, 1, 0)


def test_a_plan_is_due(site: Site, plan: PlanRecord) -> None:
    assert find_runs(site.store, site.clock(), lambda _: False).due == [plan]
    site.wait(seconds=-1)
    assert find_runs(site.store, site.clock(), lambda _: False).due == []


def test_it_is_taken_over(site: Site, left: PlanRecord) -> None:
    plan = site.take_over(left)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    run = site.run(plan)
    assert (run.attempt, run.worker) == (2, THERE)
    assert site.detail("taken_over") == "from here, process 7; continues on there"
    site.check_receipt(plan)


def test_only_one_takes_it_over(site: Site, left: PlanRecord) -> None:
    run = site.run(left)
    site.take_over(left)
    with pytest.raises(LeaseLostError):
        site.starter(HERE).take_over(left, run)
    assert site.calls("BatchDeleteImage") == 1


def test_it_is_stopped_if_execution_is_switched_off(site: Site, left: PlanRecord) -> None:
    plan = site.starter(THERE, enabled=False).take_over(left, site.run(left))
    assert plan.state is PlanState.STOPPED
    reasons = {item_words(item) for item in site.items(plan).values()}
    assert reasons == {"was not reached: the settings (execution.enabled: false) stopped the run"}
    assert site.calls("BatchDeleteImage") == 0


def test_a_stop_that_was_asked_for_while_nobody_had_it(site: Site, left: PlanRecord) -> None:
    assert site.stop(left).state is PlanState.EXECUTING
    plan = site.take_over(left)
    assert plan.state is PlanState.STOPPED
    assert site.events(plan)[-3:] == ["taken_over", "skipped", "stopped"]
    site.check_receipt(plan)


def test_what_changed_meanwhile_is_skipped(site: Site, left: PlanRecord) -> None:
    site.pin("1.0")
    site.wait(hours=5)
    plan = site.take_over(left)
    assert sorted(site.outcomes(plan).values()) == ["deleted", "deleted", "skipped"]
    site.check_receipt(plan)


def test_a_repository_that_is_gone_ends_it(site: Site, left: PlanRecord) -> None:
    site.lose_repository()
    plan = site.take_over(left)
    assert plan.state is PlanState.STOPPED
    assert "no longer exists" in site.detail("stopped")


def test_what_is_stored_is_compared_once_more(site: Site, left: PlanRecord) -> None:
    with site.store._database.writing() as session:
        session.execute(update(ApprovalRow).values(hash="ab12"))
    with pytest.raises(DamagedDataError, match="is not the approved one"):
        site.take_over(left)
    assert site.calls("BatchDeleteImage") == 0


def test_a_receipt_that_was_changed(site: Site, left: PlanRecord) -> None:
    with site.store._database.writing() as session:
        session.execute(delete(PlanItemRow).where(PlanItemRow.position == 0))
    with pytest.raises(DamagedDataError, match="do not match its deletions"):
        site.take_over(left)
    assert site.calls("BatchDeleteImage") == 0


def test_nothing_else_can_begin_meanwhile(site: Site, left: PlanRecord) -> None:
    assert site.propose() == left
    site.wait(minutes=2)
    assert site.carry_out(left) == left
