"""A plan is carried out only if the settings of the process that does it let people approve it so,
whatever the settings were of the process that took the approvals."""

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
from bot.usecases.deletion.start import NotStartedError
from tests.store.support import event
from tests.usecases.site import ANN, RULES, Killed, Site

BOB = AwsIdentity("arn:aws:iam::123456789012:user/bob")
CAT, DAN = (SlackUser(id_, "T1", is_guest=False, groups=frozenset()) for id_ in ("U1", "U2"))


TOO_EARLY = "the undo window of the settings is 1h, but the last approval is only 5m old"


@pytest.fixture
def plan(site: Site) -> PlanRecord:
    """Proposed, to delete 1.0, 1.1 and 1.2."""
    for number in range(5):
        site.shelf.image(f"1.{number}", age=60 - number)
    return site.propose()


def settings_here(site: Site, *approvers: str, **changes: Any) -> None:
    """Of the process that carries the plan out."""
    site.rules = replace(RULES, approvers=approvers, **changes)


def refused(site: Site, plan: PlanRecord) -> str:
    """Starts it, and checks that it is proposed again; why, as the audit has it."""
    with pytest.raises(NotStartedError) as error:
        site.carry_out(plan)
    stored = site.as_stored(plan)
    assert (stored.state, stored.approvals) == (PlanState.PROPOSED, ())
    assert site.events(plan)[-1] == "not_started"
    assert site.calls("BatchDeleteImage") == 0
    assert not error.value.is_incomplete
    return site.detail("not_started")


def approved(site: Site, plan: PlanRecord, *people: Any) -> PlanRecord:
    """By each of them, and due."""
    for person in people:
        plan = site.approve(plan, person=person)
    site.wait(minutes=5)
    return plan


def test_who_approved(site: Site, plan: PlanRecord) -> None:
    settings_here(site, "U0123456789")
    due = approved(site, plan, ANN)
    assert refused(site, due) == (
        f"it needs 1 approval, but 0 of 1 count under the settings; {ANN.arn} is not an "
        "approver in the settings"
    )


@pytest.mark.parametrize("approver", [ANN.arn, "arn:aws:iam::123456789012:user/*"])
def test_an_approver_by_these_settings_too(site: Site, plan: PlanRecord, approver: str) -> None:
    settings_here(site, approver)
    assert site.carry_out(approved(site, plan, ANN)).state is PlanState.DONE


def test_how_many_approved(site: Site, plan: PlanRecord) -> None:
    settings_here(site, "U1", "U2", required=2)
    assert refused(site, approved(site, plan, CAT)) == (
        "it needs 2 approvals, but 1 of 1 count under the settings"
    )


def test_the_command_line_does_not_count_among_several(site: Site, plan: PlanRecord) -> None:
    settings_here(site, "U1", ANN.arn, required=2)
    assert refused(site, approved(site, plan, ANN)) == (
        "it needs 2 approvals, but 0 of 1 count under the settings; 2 people must approve, and "
        "approvals from the command line do not count"
    )


def test_since_when_it_is_approved(site: Site, plan: PlanRecord) -> None:
    site.undo_window = timedelta(hours=1)
    due = approved(site, plan, ANN)
    assert refused(site, due) == TOO_EARLY


def test_a_longer_undo_window_that_is_over_too(site: Site, plan: PlanRecord) -> None:
    """It comes late, so that people get the whole window once more."""
    site.undo_window = timedelta(hours=1)
    due = approved(site, plan, ANN)
    site.wait(hours=2)
    assert site.carry_out(due).state is PlanState.APPROVED
    site.wait(hours=1)
    assert site.carry_out(due).state is PlanState.DONE


# who people in Slack are


def test_everybody_may_who_is_a_full_member(site: Site, plan: PlanRecord) -> None:
    site.directory.known = {CAT.id: CAT}
    assert site.carry_out(approved(site, plan, CAT)).state is PlanState.DONE


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_guest": True}, "U1 is a guest: only full members of the workspace are allowed"),
        (
            {"workspace": "T2"},
            "U1 belongs to another workspace: only full members of this one are allowed",
        ),
        (None, "Slack knows nobody called U1 here"),
    ],
)
@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_somebody_who_is_no_full_member_here(
    site: Site,
    plan: PlanRecord,
    change: dict[str, Any] | None,
    why: str,
    approvers: tuple[str, ...],
) -> None:
    settings_here(site, *approvers)
    if change:
        found = replace(CAT, groups=frozenset({"S1"}), **change)
        site.directory.known = {CAT.id: found}
    assert refused(site, approved(site, plan, CAT)).startswith(
        f"it needs 1 approval, but 0 of 1 count under the settings; {why}"
    )


def test_members_of_a_user_group(site: Site, plan: PlanRecord) -> None:
    settings_here(site, "S1")
    site.directory.known = {CAT.id: CAT}
    assert "U1 is not an approver" in refused(site, approved(site, plan, CAT))
    site.directory.known = {CAT.id: replace(CAT, groups=frozenset({"S1"}))}
    assert site.carry_out(approved(site, site.as_stored(plan), CAT)).state is PlanState.DONE


@pytest.mark.parametrize("approvers", [(), ("S1",)])
def test_slack_that_cannot_tell_leaves_it_approved(
    site: Site, plan: PlanRecord, approvers: tuple[str, ...]
) -> None:
    """Another process may know, or the same one a moment later."""
    settings_here(site, *approvers)
    due = approved(site, plan, CAT)
    site.directory.error = "Slack does not answer"
    with pytest.raises(ServiceError, match="Slack does not answer"):
        site.carry_out(due)
    assert site.as_stored(due) == due
    assert site.calls("BatchDeleteImage") == 0


@pytest.mark.parametrize("approvers", [("U1",), ("U1", "S1")])
def test_nobody_looks_up_who_is_named(
    site: Site, plan: PlanRecord, approvers: tuple[str, ...]
) -> None:
    settings_here(site, *approvers)
    site.directory.error = "Slack does not answer"
    assert site.carry_out(approved(site, plan, CAT)).state is PlanState.DONE


def test_nobody_looks_up_who_cannot_be_meant(site: Site, plan: PlanRecord) -> None:
    settings_here(site, "U1")
    site.directory.error = "Slack does not answer"
    assert "U2 is not an approver" in refused(site, approved(site, plan, DAN))


# a run that somebody else began by other settings


@pytest.fixture
def left(site: Site, plan: PlanRecord) -> PlanRecord:
    """Its worker died before it sent anything."""
    due = approved(site, plan, ANN)
    site.die("delete")
    with pytest.raises(Killed):
        site.carry_out(due)
    return site.as_stored(due)


def check_stopped(site: Site, left: PlanRecord, why: str) -> None:
    plan = site.take_over(left)
    assert plan.state is PlanState.STOPPED
    assert set(site.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    assert site.calls("BatchDeleteImage") == 0
    assert site.events(plan)[-4:] == ["taken_over", "not_started", "skipped", "stopped"]
    assert site.detail("not_started") == f"nothing more is deleted: {why}"
    reasons = {item_words(item) for item in site.items(plan).values()}
    assert reasons == {f"was not reached: the settings ({why}) stopped the run"}
    site.check_receipt(plan)


def test_a_run_that_others_approved_is_only_stopped(site: Site, left: PlanRecord) -> None:
    settings_here(site, BOB.arn)
    check_stopped(
        site,
        left,
        f"it needs 1 approval, but 0 of 1 count under the settings; {ANN.arn} is not an "
        "approver in the settings",
    )


def test_a_run_that_began_too_early_is_only_stopped(site: Site, left: PlanRecord) -> None:
    site.wait(hours=5)
    site.undo_window = timedelta(hours=1)
    check_stopped(site, left, TOO_EARLY)


def test_a_run_whose_approvers_nobody_can_look_up(site: Site, plan: PlanRecord) -> None:
    site.directory.known = {CAT.id: CAT}
    due = approved(site, plan, CAT)
    site.die("delete")
    with pytest.raises(Killed):
        site.carry_out(due)
    left = site.as_stored(due)
    site.directory.error = "Slack does not answer"
    with pytest.raises(ServiceError, match="Slack does not answer"):
        site.take_over(left)
    assert site.as_stored(left) == left
    site.directory.error = None
    assert site.take_over(left).state is PlanState.DONE


# pins that somebody removed by other settings


@pytest.mark.parametrize("when", ["before", "after", "meanwhile"])
def test_a_pin_that_somebody_removed_who_may_not(site: Site, when: str) -> None:
    """Before the plan was made, after it was approved, or while it is carried out."""
    for number in range(5):
        site.shelf.image(f"1.{number}", age=60 - number)
    settings_here(site, ANN.arn)

    def unpin() -> None:
        site.pins().unpin(site.shelf.id, ["1.0"], BOB)

    if when == "before":
        site.pin("1.0")
        unpin()
        plan = site.approved()
        assert plan.deletions == 2
        assert site.carry_out(plan).state is PlanState.DONE
        return
    plan = site.approved()
    site.store.commit(StoreChange([event()], pins_added=[pinned(site)]))
    if when == "after":
        unpin()
    else:
        site.after("texts", 1, unpin)
    done = site.carry_out(plan)
    (skipped,) = (
        item for item in site.items(done).values() if item.outcome is ImageOutcome.SKIPPED
    )
    assert skipped.tags == ("1.0",)
    assert isinstance(skipped.reason, KeptByRulesNow)
    assert isinstance(skipped.reason.reason, Pinned)
    assert skipped.reason.reason.pin.pin == "1.0"


def pinned(site: Site) -> RepositoryPin:
    """A pin that no open plan has heard of yet."""
    return RepositoryPin(site.shelf.id.uri, Pin("1.0", ANN.arn, "a customer runs it"), site.clock())
