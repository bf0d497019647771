"""One message for each state of a plan. Plans that delete nothing take one line without buttons."""

from dataclasses import replace

import pytest

from bot.core.plan import PlanState
from bot.core.records import BY_ITSELF, EventName, Outcome
from bot.slack.ids import PlanRef
from bot.slack.messages.plan import plan_message
from tests.render.builders import image, plan
from tests.slack.messages.scene import (
    ANN,
    USED,
    action_ids,
    checked,
    event,
    read,
    values,
    view,
)

COUNTS = {Outcome.PENDING: 3, Outcome.DELETED: 7, Outcome.SPARED: 1, Outcome.FAILED: 1}


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
