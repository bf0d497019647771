"""An approved plan, a running one, and its result."""

from datetime import timedelta

import pytest

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import SETTINGS_ACTOR, AuditEventName, ImageOutcome, Pause
from bot.core.result_reasons import AlreadyDeleted, ExecutionDisabled, RefusedByEcr
from bot.core.verdict_reasons import Pinned
from bot.slack.messages.plan import plan_message
from tests.render.builders import GB, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    BOB,
    BY_ROLE,
    STAR,
    action_ids,
    approvals,
    checked,
    ended,
    event,
    items,
    read,
    values,
    view,
)
from tests.support import NOW

PLACE = "~ 123456789012 · eu-west-1 · plan p7k2, version 1"


def test_approved() -> None:
    record = {
        "state": PlanState.APPROVED,
        "approvals": approvals(ANN, BY_ROLE),
        "execute_after": NOW + timedelta(minutes=5),
    }
    content = checked(plan_message(view(record=record)))
    assert "Approved by <@U0000000001> and `carla`. Deletion starts <!date^" in content.text
    assert read(content.blocks) == (
        f"""\
# team/api
*Deletion starts 2026-11-23 12:05 UTC.* Approved by <@U0000000001> and `carla`.
12 of 20 manifests go, which frees 20.9 GB of 39.2 GB and saves $2.09 a month ($25.08 a year).
{PLACE}
[Stop!] [Pin tags…] [Show images]"""
    )
    assert values(content.blocks)["stop_plan"] == "p7k2:1"


def test_approved_and_postponed() -> None:
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    shown = plan_message(view(record=record, last_event=event(AuditEventName.POSTPONED)))
    assert "\nIt could not begin in time, and waits once more" in read(checked(shown).blocks)


def test_approved_when_the_undo_window_is_over() -> None:
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    assert "*Deletion starts now.*" in read(plan_message(view(record=record)).blocks)


def test_approved_when_it_is_over_during_a_pause() -> None:
    """Nobody knows when it begins."""
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    pause = Pause(BOB, NOW - timedelta(days=3), "")
    told = read(plan_message(view(record=record, pause=pause, now=NOW + timedelta(3))).blocks)
    assert "*Deletion starts as soon as somebody resumes.*" in told


COUNTS = {
    ImageOutcome.PENDING: 3,
    ImageOutcome.DELETED: 7,
    ImageOutcome.SKIPPED: 1,
    ImageOutcome.FAILED: 1,
}


def test_executing() -> None:
    record = {"state": PlanState.EXECUTING, "approvals": approvals(ANN)}
    content = checked(plan_message(view(record=record, counts=COUNTS)))
    assert content.text == "team/api: Deleting, 9 of 12 done (1 skipped, 1 failed)."
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleting*
███████████████░░░░░  9 of 12 done (1 skipped, 1 failed)
{PLACE}
[Stop!] [Pin tags…]"""
    )


@pytest.mark.parametrize(
    ("pending", "bar"),
    [(12, "░" * 20), (1, "█" * 18 + "░" * 2), (0, "█" * 20)],
)
def test_the_bar_is_full_when_all_is_done(pending: int, bar: str) -> None:
    counts = {ImageOutcome.PENDING: pending, ImageOutcome.DELETED: 12 - pending}
    shown = plan_message(view(record={"state": PlanState.EXECUTING}, counts=counts))
    assert f"{bar}  {12 - pending} of 12 done" in read(shown.blocks)


def test_once_asked_to_stop_it_cannot_be_asked_again() -> None:
    record = {"state": PlanState.EXECUTING, "stop_asked_by": BOB}
    content = checked(plan_message(view(record=record, counts=COUNTS)))
    assert f"*<@{BOB}> stopped it: stopping after the batches in flight*" in read(content.blocks)
    assert action_ids(content.blocks) == []


def test_the_settings_stop_it_and_say_why() -> None:
    record = {
        "state": PlanState.EXECUTING,
        "stop_asked_by": SETTINGS_ACTOR,
        "stop_cause": ExecutionDisabled(),
    }
    said = read(plan_message(view(record=record, counts=COUNTS)).blocks)
    assert "*`the settings (execution.enabled: false)` stopped it: stopping after" in said


def test_done() -> None:
    record = {"freed_bytes": 20 * GB}
    shown = plan_message(ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, record=record))
    content = checked(shown)
    assert content.text == (
        "team/api: Deleted 12 of 12 manifests. Freed 20.0 GB, which saves $2.00 a month ($24.00 a "
        "year)."
    )
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleted 12 of 12 manifests.*
Freed 20.0 GB, which saves $2.00 a month ($24.00 a year).
~ Approved by <@U0000000001>.
~ ecr-clean has freed 50.0 GB so far: $5.00 a month.
{PLACE}"""
    )
    assert action_ids(content.blocks) == []


def test_what_ecr_never_confirmed_is_told_apart() -> None:
    record = {"freed_bytes": 20 * GB, "unconfirmed_bytes": GB}
    shown = plan_message(ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, record=record))
    assert (
        "Freed 20.0 GB, which saves $2.00 a month ($24.00 a year).\n"
        "ECR never confirmed the deletion of another 1.00 GB: its answers were lost, and the "
        "images were gone when the bot looked.\n"
    ) in read(checked(shown).blocks)


def test_failed_and_skipped_with_why() -> None:
    told = (
        *items(
            ImageOutcome.FAILED, RefusedByEcr("ImageReferencedByManifestList", "in a list"), "1.1"
        ),
        *items(ImageOutcome.SKIPPED, AlreadyDeleted(), "1.2"),
        *items(ImageOutcome.SKIPPED, Pinned(Pin("1.*", BOB, "<!channel> *note*")), "1.7", "1.9"),
    )
    counts = {ImageOutcome.DELETED: 6, ImageOutcome.SKIPPED: 5, ImageOutcome.FAILED: 1}
    shown = ended(PlanState.FAILED, counts, told=told, record={"freed_bytes": GB})
    content = checked(plan_message(shown))
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleted 6 of 12 manifests, 5 skipped, 1 failed.*
Freed 1.00 GB, which saves $0.10 a month ($1.20 a year).
:warning: *1 could not be deleted*:
• `1.1`: ECR refused it: in a list (ImageReferencedByManifestList)
*5 skipped*:
• `1.7`, `1.9`: 1.{STAR} is pinned by <@{BOB}>: &lt;!channel&gt; {STAR}note{STAR}
• `1.2`: is no longer in ECR
… and 2 more
~ Approved by <@U0000000001>.
~ ecr-clean has freed 50.0 GB so far: $5.00 a month.
{PLACE}"""
    )


def test_skipped_ones_that_nobody_named_are_counted() -> None:
    shown = ended(PlanState.DONE, {ImageOutcome.DELETED: 6, ImageOutcome.SKIPPED: 6})
    assert "*6 skipped*." in read(checked(plan_message(shown)).blocks)


@pytest.mark.parametrize(
    ("by", "said"), [(BOB, f"*Stopped by <@{BOB}>. Deleted"), (None, "*Ended early. Deleted")]
)
def test_stopped(by: str | None, said: str) -> None:
    counts = {ImageOutcome.DELETED: 2, ImageOutcome.SKIPPED: 10}
    shown = ended(PlanState.STOPPED, counts, record={"stop_asked_by": by})
    content = checked(plan_message(shown))
    assert said in read(content.blocks)
    assert action_ids(content.blocks) == []


def test_savings_of_a_run_that_are_not_exact_say_so() -> None:
    made = plan(image(1), exact=False)
    shown = plan_message(view(made, {"state": PlanState.DONE}, counts={ImageOutcome.DELETED: 1}))
    assert "Freed about 1.00 GB, which saves about $0.10" in shown.text
