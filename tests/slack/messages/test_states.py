"""What becomes of the message as the plan goes on: one message a state, no stale button."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.obstacles import Doubt
from bot.core.pins import Pin
from bot.core.plan_state import PlanState
from bot.core.reasons import Pinned
from bot.core.records import BY_ITSELF, BY_SETTINGS, EventName, Outcome, Pause
from bot.core.result_reasons import DeletedElsewhere, RefusedByEcr
from bot.core.sentence import Sentence
from bot.core.start_obstacles import ExecutionOff
from bot.core.usage import Look
from bot.slack.ids import PlanRef
from bot.slack.messages.plan import plan_message
from tests.render.builders import GB, image, plan
from tests.slack.messages.scene import (
    ANN,
    BOB,
    BY_ROLE,
    STAR,
    USED,
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
DENIED = Look(
    "kubernetes",
    "cluster prod",
    0,
    Sentence("arn:aws:iam::123456789012:role/x may not: attach <the> policy"),
)
DOUBTED = Look("ecs", "eu-west-1", 2, Doubt(3, 40, NOW - timedelta(days=1)))


def test_nothing_to_delete_is_one_quiet_line() -> None:
    made = plan(image(1, "a"), image(2, "b"), newest=2, usage=replace(USED, not_checked=()))
    content = checked(plan_message(view(made)))
    line = "nothing to delete. 2 manifests stay: 2 among the 2 newest images."
    assert content.text == f"team/api: {line}"
    assert read(content.blocks) == f"~ `team/api`: {line}"
    assert action_ids(content.blocks) == []


def test_what_was_not_checked_is_told_even_then() -> None:
    made = plan(image(1, "a"), newest=1, usage=USED)
    assert "~ *Not checked:* Batch, SageMaker." in read(plan_message(view(made)).blocks)


def test_an_empty_repository() -> None:
    content = checked(plan_message(view(plan(usage=replace(USED, not_checked=())))))
    assert read(content.blocks) == "~ `team/api`: the repository is empty."


def test_an_incomplete_plan_names_what_to_mend() -> None:
    made = plan(image(1, "a"), usage=replace(USED, looks=(USED.looks[0], DENIED, DOUBTED)))
    content = checked(plan_message(view(made)))
    assert content.text == (
        "team/api: not everything could be checked, so nothing can be deleted. kubernetes "
        "(cluster prod): `arn:aws:iam::123456789012:role/x` may not: attach &lt;the&gt; policy. "
        "And 1 more problem."
    )
    assert read(content.blocks) == (
        f"""\
# team/api
:warning: *Not everything could be checked, so nothing can be deleted.*
Mend 2 problems, then press *Try again*:
• kubernetes (cluster prod): `arn:aws:iam::123456789012:role/x` may not: attach &lt;the&gt; policy
• ecs (eu-west-1): it lists 3 workloads, where it listed 40 on 2026-11-22
[That is right]
~ *Not checked:* Batch, SageMaker. What runs there is not protected.
{PLACE} · 2026-11-23 12:00 UTC
[Try again] [Show images] [Not this time]"""
    )
    assert values(content.blocks)["confirm_usage:1"] == "p7k2:1 3 ecs eu-west-1"


def test_a_scope_that_no_button_can_carry() -> None:
    """The command says how to confirm it."""
    made = plan(image(1), usage=replace(USED, looks=(replace(DOUBTED, scope="x" * 2000),)))
    content = checked(plan_message(view(made)))
    assert action_ids(content.blocks) == ["try_again", "show_images", "dismiss_plan"]


def test_of_many_problems_some() -> None:
    looks = tuple(replace(DENIED, scope=f"cluster {number}") for number in range(30))
    content = checked(plan_message(view(plan(image(1), usage=replace(USED, looks=looks)))))
    assert "~ … and 22 more: `ecr-clean show p7k2` lists them all" in read(content.blocks)


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


def test_approved_when_the_undo_window_is_over() -> None:
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    assert "*Deletion starts now.*" in read(plan_message(view(record=record)).blocks)


def test_approved_when_it_is_over_during_a_pause() -> None:
    """Nobody knows when it begins."""
    record = {"state": PlanState.APPROVED, "approvals": approvals(ANN), "execute_after": NOW}
    pause = Pause(BOB, NOW - timedelta(days=3), "")
    told = read(plan_message(view(record=record, pause=pause, now=NOW + timedelta(3))).blocks)
    assert "*Deletion starts as soon as somebody resumes.*" in told


COUNTS = {Outcome.PENDING: 3, Outcome.DELETED: 7, Outcome.SPARED: 1, Outcome.FAILED: 1}


def test_executing() -> None:
    record = {"state": PlanState.EXECUTING, "approvals": approvals(ANN)}
    content = checked(plan_message(view(record=record, counts=COUNTS)))
    assert content.text == "team/api: Deleting, 9 of 12 done (1 spared, 1 failed)."
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleting*
███████████████░░░░░  9 of 12 done (1 spared, 1 failed)
{PLACE}
[Stop!] [Pin tags…]"""
    )


@pytest.mark.parametrize(
    ("pending", "bar"),
    [(12, "░" * 20), (1, "█" * 18 + "░" * 2), (0, "█" * 20)],
)
def test_the_bar_is_full_when_all_is_done(pending: int, bar: str) -> None:
    counts = {Outcome.PENDING: pending, Outcome.DELETED: 12 - pending}
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
        "stop_asked_by": BY_SETTINGS,
        "stop_cause": ExecutionOff(),
    }
    said = read(plan_message(view(record=record, counts=COUNTS)).blocks)
    assert "*`the settings (execution.enabled: false)` stopped it: stopping after" in said


def test_done() -> None:
    record = {"freed_bytes": 20 * GB}
    shown = plan_message(ended(PlanState.DONE, {Outcome.DELETED: 12}, record=record))
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
    shown = plan_message(ended(PlanState.DONE, {Outcome.DELETED: 12}, record=record))
    assert (
        "Freed 20.0 GB, which saves $2.00 a month ($24.00 a year).\n"
        "ECR never confirmed the deletion of another 1.00 GB: its answers were lost, and the "
        "images were gone when the bot looked.\n"
    ) in read(checked(shown).blocks)


def test_failed_and_spared_with_why() -> None:
    told = (
        *items(Outcome.FAILED, RefusedByEcr("ImageReferencedByManifestList", "in a list"), "1.1"),
        *items(Outcome.SPARED, DeletedElsewhere(), "1.2"),
        *items(Outcome.SPARED, Pinned(Pin("1.*", BOB, "<!channel> *note*")), "1.7", "1.9"),
    )
    counts = {Outcome.DELETED: 6, Outcome.SPARED: 5, Outcome.FAILED: 1}
    shown = ended(PlanState.FAILED, counts, told=told, record={"freed_bytes": GB})
    content = checked(plan_message(shown))
    assert read(content.blocks) == (
        f"""\
# team/api
*Deleted 6 of 12 manifests, 5 spared, 1 failed.*
Freed 1.00 GB, which saves $0.10 a month ($1.20 a year).
:warning: *1 could not be deleted*:
• `1.1`: ECR refused it: in a list (ImageReferencedByManifestList)
*5 spared*:
• `1.7`, `1.9`: 1.{STAR} is pinned by <@{BOB}>: &lt;!channel&gt; {STAR}note{STAR}
• `1.2`: is gone: somebody else deleted it
… and 2 more
~ Approved by <@U0000000001>.
~ ecr-clean has freed 50.0 GB so far: $5.00 a month.
{PLACE}"""
    )


def test_spared_ones_that_nobody_named_are_counted() -> None:
    shown = ended(PlanState.DONE, {Outcome.DELETED: 6, Outcome.SPARED: 6})
    assert "*6 spared*." in read(checked(plan_message(shown)).blocks)


@pytest.mark.parametrize(
    ("by", "said"), [(BOB, f"*Stopped by <@{BOB}>. Deleted"), (None, "*Ended early. Deleted")]
)
def test_stopped(by: str | None, said: str) -> None:
    counts = {Outcome.DELETED: 2, Outcome.SPARED: 10}
    shown = ended(PlanState.STOPPED, counts, record={"stop_asked_by": by})
    content = checked(plan_message(shown))
    assert said in read(content.blocks)
    assert action_ids(content.blocks) == []


def test_savings_of_a_run_that_are_not_exact_say_so() -> None:
    made = plan(image(1), exact=False)
    shown = plan_message(view(made, {"state": PlanState.DONE}, counts={Outcome.DELETED: 1}))
    assert "Freed about 1.00 GB, which saves about $0.10" in shown.text


DISMISSED = "~ `team/api`: not this time; dismissed"


@pytest.mark.parametrize(
    ("state", "last", "line"),
    [
        (
            PlanState.DISMISSED,
            event(EventName.DISMISSED),
            f"{DISMISSED} by <@{ANN}> 2026-11-23 13:00 UTC. Nothing was deleted.",
        ),
        (
            PlanState.DISMISSED,
            event(EventName.DISMISSED, BY_ITSELF),
            f"{DISMISSED} 2026-11-23 13:00 UTC. Nothing was deleted.",
        ),
        (PlanState.DISMISSED, None, f"{DISMISSED}. Nothing was deleted."),
        (
            PlanState.EXPIRED,
            None,
            "~ `team/api`: nobody approved it in time; expired 2026-11-30 12:00 UTC. Nothing was "
            "deleted.",
        ),
        (PlanState.SUPERSEDED, None, "~ `team/api`: superseded by a newer version."),
    ],
)
def test_what_came_to_nothing_is_one_line(state: PlanState, last: object, line: str) -> None:
    content = checked(plan_message(view(record={"state": state}, last_event=last)))
    assert read(content.blocks) == line
    assert action_ids(content.blocks) == []


@pytest.mark.parametrize("state", PlanState)
def test_what_buttons_carry_can_be_read(state: PlanState) -> None:
    shown = plan_message(view(record={"state": state}, counts=COUNTS))
    assert {PlanRef.parse(value).plan for value in values(shown.blocks).values()} <= {"p7k2"}
