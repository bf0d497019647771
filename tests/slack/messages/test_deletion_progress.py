"""The message of an approved plan, of a running plan, and of a result."""

from datetime import datetime, timedelta

import pytest

from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import SETTINGS_ACTOR, AuditEventName, ImageOutcome, Pause
from bot.core.result_reasons import AlreadyDeleted, ExecutionDisabled, RefusedByEcr
from bot.core.verdict_reasons import Pinned
from bot.slack.messages.plan import plan_message
from bot.slack.messages.result_details import details_view
from bot.slack.view_models import PlanView
from tests.render.builders import GB, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    BOB,
    BY_ROLE,
    STAR,
    action_ids,
    approvals,
    checked,
    checked_view,
    ended,
    event,
    items,
    read,
    values,
    view,
)
from tests.support import NOW

PLACE = "~ eu-west-1 · 123456789012 · plan p7k2 v1"

PULLED = (
    ":warning: *2 images to delete were pulled* in the last 30 days: `1.7.0`, `1.9.0`. "
    "No known workload uses them."
)


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
# team/api · delete 12 images, save $25 a year
*Approved. Deletion starts 2026-11-23 12:05:00 UTC.* Approved by <@U0000000001> and `carla`.
{PULLED}
[Keep 30 days]
[Stop!] [Pin tags…] [Review images]
{PLACE}"""
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
    assert content.text == "team/api: Deleting, 9 of 12 images done (1 skipped, 1 failed)."
    assert read(content.blocks) == (
        f"""\
# team/api · deleting 12 images
███████████████░░░░░  9 of 12 images done (1 skipped, 1 failed)
[Stop!] [Pin tags…]
{PLACE}"""
    )


@pytest.mark.parametrize(
    ("pending", "bar"),
    [(12, "░" * 20), (1, "█" * 18 + "░" * 2), (0, "█" * 20)],
)
def test_the_bar_is_full_when_all_is_done(pending: int, bar: str) -> None:
    counts = {ImageOutcome.PENDING: pending, ImageOutcome.DELETED: 12 - pending}
    shown = plan_message(view(record={"state": PlanState.EXECUTING}, counts=counts))
    assert f"{bar}  {12 - pending} of 12 images done" in read(shown.blocks)


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


def test_progress_of_images_with_several_manifests() -> None:
    children = (image(1), image(2))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    made = plan(image(3, "multi", content=index, media_type=OCI_INDEX), *children)
    counts = {ImageOutcome.DELETED: 1, ImageOutcome.PENDING: 2}
    said = read(plan_message(view(made, {"state": PlanState.EXECUTING}, counts=counts)).blocks)
    assert "# team/api · deleting 1 image\n" in said
    assert "  1 of 3 manifests done" in said
    done = plan_message(
        view(made, {"state": PlanState.DONE}, counts={ImageOutcome.DELETED: 3})
    ).text
    assert done.startswith("team/api: deleted 1 image (3 manifests), freed")


def test_done_is_one_line_with_details() -> None:
    record = {"freed_bytes": 20 * GB}
    shown = ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, record=record)
    content = checked(plan_message(shown))
    assert content.text == "team/api: deleted 12 images, freed 20 GB, saves $24 a year."
    assert read(content.blocks) == (
        "*`team/api`*: deleted 12 images, freed 20 GB, saves $24 a year.\n[Details]"
    )
    assert values(content.blocks) == {"result_details": "p7k2:1"}
    assert details(shown) == (
        """\
*`team/api`*: deleted 12 images.
Freed 20 GB, saves $24 a year.
~ Approved by <@U0000000001>.
~ The thread of the report has a list of all images.
~ Freed by ecr-clean so far: $60 a year (50 GB).
~ eu-west-1 · 123456789012 · 2 of 4 sources checked 2026-11-23 12:00 UTC · plan p7k2 v1"""
    )


def details(shown: PlanView) -> str:
    return read(checked_view(details_view(shown))["blocks"])


def test_the_details_show_when_it_ended() -> None:
    last = event(AuditEventName.ENDED)
    shown = ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, last_event=last)
    assert "~ Ended 2026-11-23 13:00 UTC." in details(shown)


def test_unconfirmed_deletions_are_listed_separately() -> None:
    record = {"freed_bytes": 20 * GB, "unconfirmed_bytes": GB}
    assert (
        "Freed 20 GB, saves $24 a year.\n"
        "ECR did not confirm the deletion of another 1 GB: its answers were lost, but the images "
        "no longer exist.\n"
    ) in details(ended(PlanState.DONE, {ImageOutcome.DELETED: 12}, record=record))


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
    assert read(checked(plan_message(shown)).blocks) == (
        "*`team/api`*: deleted 6 of 12 images (5 skipped, 1 failed), freed 1 GB, saves $1.20 a "
        "year.\n"
        ":warning: *1 image could not be deleted*: ECR refused it: in a list "
        "(ImageReferencedByManifestList).\n"
        "[Details]"
    )
    assert details(shown) == (
        f"""\
*`team/api`*: deleted 6 of 12 images (5 skipped, 1 failed).
Freed 1 GB, saves $1.20 a year.
:warning: *1 failed*:
• `1.1`: ECR refused it: in a list (ImageReferencedByManifestList)
*5 skipped*:
• `1.7`, `1.9`: 1.{STAR} is pinned by <@{BOB}>: &lt;!channel&gt; {STAR}note{STAR}
• `1.2`: is no longer in ECR
… and 2 more
~ Approved by <@U0000000001>.
~ The thread of the report has a list of all images.
~ Freed by ecr-clean so far: $60 a year (50 GB).
~ eu-west-1 · 123456789012 · 2 of 4 sources checked 2026-11-23 12:00 UTC · plan p7k2 v1"""
    )


def test_skipped_images_that_are_not_listed_are_counted() -> None:
    shown = ended(PlanState.DONE, {ImageOutcome.DELETED: 6, ImageOutcome.SKIPPED: 6})
    assert "*6 skipped*." in details(shown)


@pytest.mark.parametrize(
    ("by", "said"),
    [(BOB, f"`team/api`*: stopped by <@{BOB}>: deleted"), (None, "`team/api`*: ended early: dele")],
)
def test_stopped(by: str | None, said: str) -> None:
    counts = {ImageOutcome.DELETED: 2, ImageOutcome.SKIPPED: 10}
    shown = ended(PlanState.STOPPED, counts, record={"stop_asked_by": by})
    content = checked(plan_message(shown))
    assert said in read(content.blocks)
    assert action_ids(content.blocks) == ["result_details"]


def test_estimated_savings_of_a_run() -> None:
    made = plan(image(1), exact=False)
    shown = plan_message(view(made, {"state": PlanState.DONE}, counts={ImageOutcome.DELETED: 1}))
    assert "freed about 1 GB, saves about $1.20 a year" in shown.text
