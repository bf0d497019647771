"""The message of a plan in each state. Plans that delete nothing take one line without buttons."""

from dataclasses import replace

import pytest

from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.records import BOT_ACTOR, Approval, AuditEventName, ImageOutcome
from bot.slack.action_ids import PlanRef
from bot.slack.messages.plan import newer_message, outdated_message, plan_message
from tests.render.builders import image, plan
from tests.slack.messages.plan_views import (
    ANN,
    BOB,
    USED,
    action_ids,
    approvals,
    checked,
    event,
    read,
    values,
    view,
)
from tests.support import NOW

COUNTS = {
    ImageOutcome.PENDING: 3,
    ImageOutcome.DELETED: 7,
    ImageOutcome.SKIPPED: 1,
    ImageOutcome.FAILED: 1,
}


def test_nothing_to_delete_is_one_line() -> None:
    made = plan(image(1, "a"), image(2, "b"), newest=2, usage=replace(USED, not_checked=()))
    content = checked(plan_message(view(made)))
    line = "nothing to delete. Keeps 2 images: 2 newest images."
    assert content.text == f"team/api: {line}"
    assert read(content.blocks) == f"~ `team/api`: {line}"
    assert action_ids(content.blocks) == []


def test_nothing_to_delete_shows_unchecked_sources() -> None:
    made = plan(image(1, "a"), newest=1, usage=USED)
    assert "~ :warning: *Not checked:* Batch, SageMaker." in read(plan_message(view(made)).blocks)


def test_an_empty_repository() -> None:
    content = checked(plan_message(view(plan(usage=replace(USED, not_checked=())))))
    assert read(content.blocks) == "~ `team/api`: the repository is empty."


DISMISSED = "~ `team/api`: dismissed"


@pytest.mark.parametrize(
    ("state", "last", "line"),
    [
        (
            PlanState.DISMISSED,
            event(AuditEventName.DISMISSED),
            f"{DISMISSED} by <@{ANN}> 2026-11-23 13:00 UTC. Nothing was deleted.",
        ),
        (
            PlanState.DISMISSED,
            event(AuditEventName.DISMISSED, BOT_ACTOR),
            f"{DISMISSED} 2026-11-23 13:00 UTC. Nothing was deleted.",
        ),
        (PlanState.DISMISSED, None, f"{DISMISSED}. Nothing was deleted."),
        (
            PlanState.EXPIRED,
            None,
            "~ `team/api`: not approved in time, expired 2026-11-30 12:00 UTC. Nothing was "
            "deleted.",
        ),
        (PlanState.SUPERSEDED, None, "~ `team/api`: replaced by a newer version."),
    ],
)
def test_a_closed_plan_is_one_line(state: PlanState, last: object, line: str) -> None:
    content = checked(plan_message(view(record={"state": state}, last_event=last)))
    assert read(content.blocks) == line
    assert action_ids(content.blocks) == []


@pytest.mark.parametrize("state", PlanState)
def test_values_of_buttons_can_be_parsed(state: PlanState) -> None:
    shown = plan_message(view(record={"state": state}, counts=COUNTS))
    assert {PlanRef.parse(value).plan for value in values(shown.blocks).values()} <= {"p7k2"}


def test_a_newer_report() -> None:
    assert read(checked(newer_message(view().plan)).blocks) == (
        "~ `team/api`: a newer report on this plan is below."
    )


def test_outdated_approvals() -> None:
    outdated = replace(
        view().plan, version=3, approvals=(*approvals(ANN), Approval(BOB, NOW, 2)), deletions=7
    )
    assert checked(
        outdated_message(outdated, event(AuditEventName.PROPOSED, ANN, ErrorText("pinned 1.2")))
    ).text == (
        f"<@{BOB}>: your approval of version 2 no longer counts. <@{ANN}> changed the plan: "
        "pinned 1.2. Review version 3 above, and approve it if it is right."
    )
    assert checked(outdated_message(replace(outdated, deletions=0), None)).text == (
        f"<@{BOB}>: your approval of version 2 no longer counts. Nothing is left to delete."
    )
