"""A process runs a plan only if its own settings allow the approvals, whatever the settings of the
process that accepted them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.permissions import AwsIdentity, SlackUser
from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome, PlanRecord, RepositoryPin, StoreChange
from bot.core.result_reasons import KeptByRulesNow
from bot.core.verdict_reasons import Pinned
from bot.render.audit_events import item_words
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.deletion.start import NotStartedError
from tests.store.support import event
from tests.usecases.aws_env import ANN, RULES, AwsEnv, Killed
from tests.usecases.store_env import FakeDirectory

BOB = AwsIdentity("arn:aws:iam::123456789012:user/bob")
CAT, DAN = (SlackUser(id_, "T1", is_guest=False, groups=frozenset()) for id_ in ("U1", "U2"))


TOO_EARLY = "the undo window of the settings is 1h, but the last approval is only 5m old"


@pytest.fixture
def plan(aws_env: AwsEnv) -> PlanRecord:
    """A proposed plan that deletes 1.0, 1.1 and 1.2."""
    for number in range(5):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    return aws_env.propose()


def set_rules(aws_env: AwsEnv, *approvers: str, **changes: Any) -> None:
    """Sets the approval rules of the process that runs the plan."""
    aws_env.rules = replace(RULES, approvers=approvers, **changes)


def refused(aws_env: AwsEnv, plan: PlanRecord) -> str:
    """Starts the plan, and checks that it is proposed again. Returns the audit's reason."""
    with pytest.raises(NotStartedError) as error:
        aws_env.execute(plan)
    stored = aws_env.as_stored(plan)
    assert (stored.state, stored.approvals) == (PlanState.PROPOSED, ())
    assert aws_env.events(plan)[-1] == "not_started"
    assert aws_env.calls("BatchDeleteImage") == 0
    assert not error.value.is_incomplete
    return aws_env.detail("not_started")


def approved(aws_env: AwsEnv, plan: PlanRecord, *people: Any) -> PlanRecord:
    """The plan, due, with an approval of each person."""
    for person in people:
        plan = aws_env.approve(plan, person=person)
    aws_env.wait(minutes=5)
    return plan


def test_an_approver_who_is_not_in_the_settings(aws_env: AwsEnv, plan: PlanRecord) -> None:
    set_rules(aws_env, "U0123456789")
    due = approved(aws_env, plan, ANN)
    assert refused(aws_env, due) == (
        f"it needs 1 approval, but 0 of 1 count under the settings; {ANN.arn} is not an "
        "approver in the settings"
    )


@pytest.mark.parametrize("approver", [ANN.arn, "arn:aws:iam::123456789012:user/*"])
def test_an_approver_who_is_in_the_settings(
    aws_env: AwsEnv, plan: PlanRecord, approver: str
) -> None:
    set_rules(aws_env, approver)
    assert aws_env.execute(approved(aws_env, plan, ANN)).state is PlanState.DONE


def test_too_few_approvals(aws_env: AwsEnv, plan: PlanRecord) -> None:
    set_rules(aws_env, "U1", "U2", required=2)
    assert refused(aws_env, approved(aws_env, plan, CAT)) == (
        "it needs 2 approvals, but 1 of 1 count under the settings"
    )


def test_command_line_approvals_do_not_count_if_several_are_required(
    aws_env: AwsEnv, plan: PlanRecord
) -> None:
    set_rules(aws_env, "U1", ANN.arn, required=2)
    assert refused(aws_env, approved(aws_env, plan, ANN)) == (
        "it needs 2 approvals, but 0 of 1 count under the settings; 2 people must approve, and "
        "approvals from the command line do not count"
    )


def test_a_longer_undo_window_that_is_not_over(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.undo_window = timedelta(hours=1)
    due = approved(aws_env, plan, ANN)
    assert refused(aws_env, due) == TOO_EARLY


def test_a_longer_undo_window_that_is_over(aws_env: AwsEnv, plan: PlanRecord) -> None:
    """The plan is late, so it gets a new undo window."""
    aws_env.undo_window = timedelta(hours=1)
    due = approved(aws_env, plan, ANN)
    aws_env.wait(hours=2)
    assert aws_env.execute(due).state is PlanState.APPROVED
    aws_env.wait(hours=1)
    assert aws_env.execute(due).state is PlanState.DONE


# Slack users


def test_every_full_member_may_approve(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.directory.known = {CAT.id: CAT}
    assert aws_env.execute(approved(aws_env, plan, CAT)).state is PlanState.DONE


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_guest": True}, "U1 is a guest: only full members of the workspace are allowed"),
        (
            {"workspace": "T2"},
            "U1 belongs to another workspace: only full members of this one are allowed",
        ),
        (None, "Slack has no user U1"),
    ],
)
@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_an_approver_who_is_not_a_full_member(
    aws_env: AwsEnv,
    plan: PlanRecord,
    change: dict[str, Any] | None,
    why: str,
    approvers: tuple[str, ...],
) -> None:
    set_rules(aws_env, *approvers)
    if change:
        found = replace(CAT, groups=frozenset({"S1"}), **change)
        aws_env.directory.known = {CAT.id: found}
    assert refused(aws_env, approved(aws_env, plan, CAT)).startswith(
        f"it needs 1 approval, but 0 of 1 count under the settings; {why}"
    )


def test_members_of_a_user_group(aws_env: AwsEnv, plan: PlanRecord) -> None:
    set_rules(aws_env, "S1")
    aws_env.directory.known = {CAT.id: CAT}
    assert "U1 is not an approver" in refused(aws_env, approved(aws_env, plan, CAT))
    aws_env.directory.known = {CAT.id: replace(CAT, groups=frozenset({"S1"}))}
    assert aws_env.execute(approved(aws_env, aws_env.as_stored(plan), CAT)).state is PlanState.DONE


def test_approvers_by_handle(aws_env: AwsEnv, plan: PlanRecord) -> None:
    """Slack says whom the handle includes now: an unknown or ambiguous one includes no user."""
    set_rules(aws_env, "@cat")
    aws_env.directory.known = {CAT.id: CAT}
    assert "U1 is not an approver" in refused(aws_env, approved(aws_env, plan, CAT))
    aws_env.directory.known = {CAT.id: replace(CAT, groups=frozenset({"@cat"}))}
    assert aws_env.execute(approved(aws_env, aws_env.as_stored(plan), CAT)).state is PlanState.DONE


@pytest.mark.parametrize("approvers", [(), ("S1",), ("@cat",)])
def test_a_plan_stays_approved_if_slack_fails(
    aws_env: AwsEnv, plan: PlanRecord, approvers: tuple[str, ...]
) -> None:
    """Another process, or a later attempt, may identify the approver."""
    set_rules(aws_env, *approvers)
    due = approved(aws_env, plan, CAT)
    aws_env.directory.error = "Slack does not answer"
    with pytest.raises(ServiceError, match="Slack does not answer"):
        aws_env.execute(due)
    assert aws_env.as_stored(due) == due
    assert aws_env.calls("BatchDeleteImage") == 0


@pytest.mark.parametrize("approvers", [("U1",), ("U1", "S1")])
def test_named_approvers_are_not_looked_up(
    aws_env: AwsEnv, plan: PlanRecord, approvers: tuple[str, ...]
) -> None:
    set_rules(aws_env, *approvers)
    aws_env.directory.error = "Slack does not answer"
    assert aws_env.execute(approved(aws_env, plan, CAT)).state is PlanState.DONE


def test_other_approvers_are_not_looked_up(aws_env: AwsEnv, plan: PlanRecord) -> None:
    set_rules(aws_env, "U1")
    aws_env.directory.error = "Slack does not answer"
    assert "U2 is not an approver" in refused(aws_env, approved(aws_env, plan, DAN))


# a run that another process started with other settings


@pytest.fixture
def abandoned(aws_env: AwsEnv, plan: PlanRecord) -> PlanRecord:
    """A plan whose worker died before it sent a call."""
    due = approved(aws_env, plan, ANN)
    aws_env.die("delete")
    with pytest.raises(Killed):
        aws_env.execute(due)
    return aws_env.as_stored(due)


def check_stopped(aws_env: AwsEnv, abandoned: PlanRecord, why: str) -> None:
    plan = aws_env.take_over(abandoned)
    assert plan.state is PlanState.STOPPED
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    assert aws_env.calls("BatchDeleteImage") == 0
    assert aws_env.events(plan)[-4:] == ["taken_over", "not_started", "skipped", "stopped"]
    assert aws_env.detail("not_started") == f"nothing more is deleted: {why}"
    reasons = {item_words(item) for item in aws_env.items(plan).values()}
    assert reasons == {f"was not reached: the settings ({why}) stopped the run"}
    aws_env.check_results(plan)


def test_a_run_with_other_approvers_is_only_stopped(aws_env: AwsEnv, abandoned: PlanRecord) -> None:
    set_rules(aws_env, BOB.arn)
    check_stopped(
        aws_env,
        abandoned,
        f"it needs 1 approval, but 0 of 1 count under the settings; {ANN.arn} is not an "
        "approver in the settings",
    )


def test_a_run_that_started_too_early_is_only_stopped(
    aws_env: AwsEnv, abandoned: PlanRecord
) -> None:
    aws_env.wait(hours=5)
    aws_env.undo_window = timedelta(hours=1)
    check_stopped(aws_env, abandoned, TOO_EARLY)


def test_a_run_whose_approvers_cannot_be_looked_up(aws_env: AwsEnv, plan: PlanRecord) -> None:
    aws_env.directory.known = {CAT.id: CAT}
    due = approved(aws_env, plan, CAT)
    aws_env.die("delete")
    with pytest.raises(Killed):
        aws_env.execute(due)
    abandoned = aws_env.as_stored(due)
    aws_env.directory.error = "Slack does not answer"
    with pytest.raises(ServiceError, match="Slack does not answer"):
        aws_env.take_over(abandoned)
    assert aws_env.as_stored(abandoned) == abandoned
    aws_env.directory.error = None
    assert aws_env.take_over(abandoned).state is PlanState.DONE


# people who confirmed that usage dropped


def test_a_confirmation_counts_while_the_person_is_an_approver() -> None:
    rules = replace(RULES, approvers=(ANN.arn,))
    checker = AuthorityChecker(lambda _: rules, rules, FakeDirectory())
    assert checker.may_have_confirmed_usage(ANN.arn)
    assert not checker.may_have_confirmed_usage(BOB.arn)


# pins that were removed under other settings


@pytest.mark.parametrize("when", ["before", "after", "meanwhile"])
def test_a_pin_removed_by_a_user_who_may_not(aws_env: AwsEnv, when: str) -> None:
    """Before the plan is made, after it is approved, or during its run."""
    for number in range(5):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    set_rules(aws_env, ANN.arn)

    def unpin() -> None:
        aws_env.pins().unpin(aws_env.shelf.id, ["1.0"], BOB)

    if when == "before":
        aws_env.pin("1.0")
        unpin()
        plan = aws_env.approved()
        assert plan.deletions == 2
        assert aws_env.execute(plan).state is PlanState.DONE
        return
    plan = aws_env.approved()
    aws_env.store.commit(StoreChange([event()], pins_added=[pinned(aws_env)]))
    if when == "after":
        unpin()
    else:
        aws_env.after("texts", 1, unpin)
    done = aws_env.execute(plan)
    (skipped,) = (
        item for item in aws_env.items(done).values() if item.outcome is ImageOutcome.SKIPPED
    )
    assert skipped.tags == ("1.0",)
    assert isinstance(skipped.reason, KeptByRulesNow)
    assert isinstance(skipped.reason.reason, Pinned)
    assert skipped.reason.reason.pin.pin == "1.0"


def pinned(aws_env: AwsEnv) -> RepositoryPin:
    """A pin that is not in the open plan yet."""
    return RepositoryPin(
        aws_env.shelf.id.uri, Pin("1.0", ANN.arn, "a customer runs it"), aws_env.clock()
    )
