"""The message of an approved plan, of a running plan, and of a result."""

from datetime import datetime, timedelta

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
*Approved. Deletion starts 2026-11-23 12:05 UTC.* Approved by <@U0000000001> and `carla`.
Deletes 12 of 20 manifests, frees 20.9 GB of 39.2 GB and saves $2.09 a month ($25.08 a year).
{PLACE}
[Stop!] [Pin tags…] [Show images]"""
    )
    assert values(content.blocks)["stop_plan"] == "p7k2:1"


def test_approved_and_postponed() -> None:
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    shown = plan_message(view(record=record, last_event=event(AuditEventName.POSTPONED)))
    assert "\nNo worker started it in time, so the undo window" in read(checked(shown).blocks)


def test_approved_when_the_undo_window_is_over() -> None:
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    assert "Deletion starts now.*" in read(plan_message(view(record=record)).blocks)


@pytest.mark.parametrize("now", [NOW - timedelta(minutes=1), NOW + timedelta(3)])
def test_approved_during_a_pause(now: datetime) -> None:
    """The message names no time, within the undo window or after it."""
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    pause = Pause(BOB, NOW - timedelta(days=3), "")
    shown = read(plan_message(view(record=record, pause=pause, now=now)).blocks)
    assert "*Approved. Deletion starts when someone resumes ecr-clean.*" in shown


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


def test_a_stopping_plan_has_no_stop_button() -> None:
    record = {"state": PlanState.EXECUTING, "stop_asked_by": BOB}
    content = checked(plan_message(view(record=record, counts=COUNTS)))
    assert f"*Stopping after the current batches (stopped by <@{BOB}>)*" in read(content.blocks)
    assert action_ids(content.blocks) == []


def test_stopped_by_the_settings_with_the_cause() -> None:
    record = {
        "state": PlanState.EXECUTING,
        "stop_asked_by": SETTINGS_ACTOR,
        "stop_cause": ExecutionDisabled(),
    }
    said = read(plan_message(view(record=record, counts=COUNTS)).blocks)
    assert "batches (stopped by `the settings (execution.enabled: false)`)*" in said


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
~ Freed by ecr-clean so far: 50.0 GB, $5.00 a month.
{PLACE}"""
    )
    assert action_ids(content.blocks) == []


def test_unconfirmed_deletions_are_listed_separately() -> None:
    record = {"freed_bytes": 20 * GB, "unconfirmed_bytes": GB}
    shown = plan_message(ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, record=record))
    assert (
        "Freed 20.0 GB, which saves $2.00 a month ($24.00 a year).\n"
        "ECR did not confirm the deletion of another 1.00 GB: its answers were lost, but the "
        "images no longer exist.\n"
    ) in read(checked(shown).blocks)


def test_failed_and_skipped_images_have_reasons() -> None:
    listed = (
        *items(
            ImageOutcome.FAILED, RefusedByEcr("ImageReferencedByManifestList", "in a list"), "1.1"
        ),
        *items(ImageOutcome.SKIPPED, AlreadyDeleted(), "1.2"),
        *items(ImageOutcome.SKIPPED, Pinned(Pin("1.*", BOB, "<!channel> *note*")), "1.7", "1.9"),
    )
    counts = {ImageOutcome.DELETED: 6, ImageOutcome.SKIPPED: 5, ImageOutcome.FAILED: 1}
    shown = ended(PlanState.FAILED, counts, listed_items=listed, record={"freed_bytes": GB})
    content = checked(plan_message(shown))
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleted 6 of 12 manifests, 5 skipped, 1 failed.*
Freed 1.00 GB, which saves $0.10 a month ($1.20 a year).
:warning: *1 failed*:
• `1.1`: ECR refused it: in a list (ImageReferencedByManifestList)
*5 skipped*:
• `1.7`, `1.9`: 1.{STAR} is pinned by <@{BOB}>: &lt;!channel&gt; {STAR}note{STAR}
• `1.2`: is no longer in ECR
… and 2 more
~ Approved by <@U0000000001>.
~ Freed by ecr-clean so far: 50.0 GB, $5.00 a month.
{PLACE}"""
    )


def test_skipped_images_that_are_not_listed_are_counted() -> None:
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


def test_estimated_savings_of_a_run() -> None:
    made = plan(image(1), exact=False)
    shown = plan_message(view(made, {"state": PlanState.DONE}, counts={ImageOutcome.DELETED: 1}))
    assert "Freed about 1.00 GB, which saves about $0.10" in shown.text
