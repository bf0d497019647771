"""Slash commands with `ecr-clean serve` in its own processes."""

import pytest

from bot.core.plan import PlanState
from bot.playground.aws import AwsStandIn
from bot.playground.slack import SimulatedUser, Workspace
from bot.store.store import Store
from tests.cli.plan_execution import DELETION, as_stored, late_by, until
from tests.journeys.test_slack import (
    AN_HOUR,
    DELETED_TAGS,
    KEPT_TAGS,
    REPORTED,
    clicks,
    only_plan,
    request_report,
    serving_slack,
    tags,
    until_shown,
)
from tests.slack.running_bot import private_messages
from tests.slack.support import message_at
from tests.support import Shelf

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_typing")]


def says(person: SimulatedUser, line: str, channel: str) -> str:
    """Runs a command and returns the answer that only this user sees."""
    before = len(private_messages(person, channel))
    assert person.types(f"/ecr-clean {line}", channel).ok
    until(lambda: len(private_messages(person, channel)) == before + 1)
    return private_messages(person, channel)[-1]


def test_no_deletion_starts_during_a_pause(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
    aws: AwsStandIn,
) -> None:
    """A plan that is approved during a pause starts after the pause."""
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store)
        assert says(bob, "pause because the audit is here", ops).startswith("Paused.")
        until(lambda: "is paused" in str(message_at(ann, ops, report["ts"])["blocks"]))
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        late_by(own_store, plan.id, AN_HOUR)
        assert "is paused" in says(ann, "status", ops)
        other = releases.id.name
        assert "is kept" in says(ann, f"why {other} 1.12", ops)
        assert as_stored(own_store, plan.id).state is PlanState.APPROVED
        assert tags(releases) == DELETED_TAGS | KEPT_TAGS
        assert says(ann, "resume", ops).startswith(f"Resumed: <@{bob.id}> had paused")
        until(lambda: ": deleted 3 images" in message_at(bob, ops, report["ts"])["text"])
        assert "was deleted by ecr-clean" in says(bob, f"why {other} 1.0", ops)
        assert "Saved so far, all repositories" in says(bob, "history", ops)
    assert tags(releases) == KEPT_TAGS
    assert aws.world.calls.count(DELETION) == 1


def test_a_pin_that_is_typed_is_skipped(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
) -> None:
    with serving_slack(slack):
        report = request_report(ann, ops)
        plan = only_plan(own_store)
        name = plan.repository.name
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        said = says(bob, f"pin {name} `1.0` for 30d because a customer runs it", ops)
        assert "The plan is now version 2. 2 images are left to delete." in said
        until_shown(ann, ops, report, *REPORTED)
        assert "Pinned in" in says(ann, f"pins {name}", ops)
        assert clicks(ann, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, "stop_plan", "pin_tags", "show_images")
        late_by(own_store, plan.id, AN_HOUR)
        until(lambda: ": deleted 2 images" in message_at(bob, ops, report["ts"])["text"])
    assert tags(releases) == KEPT_TAGS | {"1.0"}
