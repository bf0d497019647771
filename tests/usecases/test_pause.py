"""Pausing and resuming the bot."""

from dataclasses import replace

import pytest

from bot.core.errors import RequestError
from bot.core.permission_reasons import NotAnApprover
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, PlanRecord, PlanWorker
from bot.core.refusal_reasons import AlreadyPaused
from bot.usecases.audit import LONGEST_REASON
from bot.usecases.decisions import Decisions
from bot.usecases.deletion.start import PausedError, find_runs
from tests.support import NOW
from tests.usecases.aws_env import AwsEnv, Killed
from tests.usecases.store_env import ANN, BOB, StoreEnv, refused


@pytest.fixture
def decisions(env: StoreEnv) -> Decisions:
    return replace(env.decisions(), general_rules=replace(env.rules, approvers=(ANN.arn,)))


@pytest.fixture
def plan(aws_env: AwsEnv) -> PlanRecord:
    """A plan that is due."""
    for number in range(5):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    return aws_env.approved()


def pause(aws_env: AwsEnv) -> None:
    aws_env.decisions().pause(ANN, "the registry moves")


def test_a_pause_lasts_until_a_user_resumes(env: StoreEnv, decisions: Decisions) -> None:
    made = decisions.pause(ANN, " the registry\n moves ")
    assert made == env.store.pause() == Pause(ANN.name, NOW, "the registry moves")
    assert decisions.resume(ANN) == made
    assert env.store.pause() is None
    assert env.events() == [AuditEventName.PAUSED, AuditEventName.RESUMED]


def test_a_second_pause_is_refused(env: StoreEnv, decisions: Decisions) -> None:
    decisions.pause(ANN, "")
    with refused(AlreadyPaused(ANN.name, NOW, "")):
        decisions.pause(ANN, "again")
    decisions.resume(ANN)
    with pytest.raises(RequestError, match="is not paused"):
        decisions.resume(ANN)
    assert env.events() == [AuditEventName.PAUSED, AuditEventName.RESUMED]


def test_two_users_pause_at_the_same_time(env: StoreEnv, decisions: Decisions) -> None:
    others = env.decisions(env.theirs)
    env.store.before_next["set_pause"] = lambda: others.pause(BOB, "first")
    with refused(AlreadyPaused(BOB.name, NOW, "first")):
        decisions.pause(ANN, "second")
    env.store.before_next["set_pause"] = lambda: others.resume(BOB)
    with pytest.raises(RequestError, match="is not paused"):
        decisions.resume(ANN)


def test_a_user_resumes_while_another_pauses(
    env: StoreEnv, decisions: Decisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions.pause(ANN, "first")
    monkeypatch.setattr(env.store, "pause", lambda: None)
    with pytest.raises(RequestError, match="has just resumed"):
        decisions.pause(ANN, "second")


def test_only_approvers_may_pause(env: StoreEnv, decisions: Decisions) -> None:
    with refused(NotAnApprover(BOB.name)):
        decisions.pause(BOB, "")
    decisions.pause(ANN, "")
    with refused(NotAnApprover(BOB.name)):
        decisions.resume(BOB)
    assert env.store.pause()
    assert env.events() == [AuditEventName.REFUSED, AuditEventName.PAUSED, AuditEventName.REFUSED]


@pytest.mark.parametrize("why", ["x" * (LONGEST_REASON + 1), "\x00", "\ud800"])
def test_reasons_that_cannot_be_stored(env: StoreEnv, decisions: Decisions, why: str) -> None:
    with pytest.raises(RequestError, match="reason"):
        decisions.pause(ANN, why)
    assert env.store.pause() is None


def test_no_plan_starts_during_a_pause(aws_env: AwsEnv, plan: PlanRecord) -> None:
    pause(aws_env)
    assert not find_runs(aws_env.store, aws_env.clock(), is_gone).due
    with pytest.raises(PausedError) as error:
        aws_env.starter().start(plan.id, aws_env.clock())
    assert error.value.pause == Pause(ANN.name, aws_env.clock(), "the registry moves")
    assert aws_env.as_stored(plan).state is PlanState.APPROVED
    aws_env.decisions().resume(ANN)
    assert aws_env.execute(plan).state is PlanState.DONE


def test_a_plan_does_not_start_if_the_pause_comes_during_the_scan(
    aws_env: AwsEnv, plan: PlanRecord
) -> None:
    aws_env.after("describe", 1, lambda: pause(aws_env))
    with pytest.raises(PausedError):
        aws_env.starter().start(plan.id, aws_env.clock())
    assert aws_env.as_stored(plan).state is PlanState.APPROVED
    assert aws_env.calls("BatchDeleteImage") == 0


def test_a_started_plan_continues(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.after("journal", 1, lambda: pause(aws_env))
    assert aws_env.execute(plan).state is PlanState.DONE


def test_an_abandoned_run_is_resumed_during_a_pause(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.die("journal")
    with pytest.raises(Killed):
        aws_env.execute(plan)
    pause(aws_env)
    aws_env.wait(minutes=5)
    assert [
        begun.plan.id for begun in find_runs(aws_env.store, aws_env.clock(), is_gone).abandoned
    ] == [plan.id]
    assert aws_env.take_over(plan).state is PlanState.DONE


def is_gone(_: PlanWorker) -> bool:
    return False
