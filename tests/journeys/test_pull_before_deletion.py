"""A client pulls an image soon after the bot has read it, so the image is not deleted."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.result_reasons import PulledAfterPlanning
from bot.playground.aws import AwsStandIn
from bot.store.store import Store
from tests.cli.plan_execution import AT_ONCE, working
from tests.cli.stored_plans import Write
from tests.support import Result, Run, Shelf

POLICY = "policies: [{keep: [{newest: 2}, {pulled_within: 30d}]}]\n"


Ran = Callable[..., Result]


@pytest.fixture(params=["here", pytest.param("processes", marks=pytest.mark.slow)])
def ran(request: pytest.FixtureRequest, run: Run) -> Ran:
    """Runs commands in this process, or each in a new process."""
    return run if request.param == "here" else _ran


def _ran(*arguments: str) -> Result:
    with working(*arguments) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode is not None
    return Result(process.returncode, out, err)


@pytest.mark.parametrize("seconds", [5, 295])
def test_a_pull_soon_after_the_bots_own_read(
    seconds: int, ran: Ran, aws: AwsStandIn, shelf: Shelf, settings_file: Write, own_store: Store
) -> None:
    settings_file(f"{AT_ONCE}{POLICY}")
    shelf.images(5)
    plan = ran("propose", "team/api", "--format", "json").plan
    assert len(plan["delete"]) == 3
    pulled, *others = plan["delete"]
    our_reading = shelf.pulled_at(pulled)
    assert our_reading, "the test needs a recorded pull of the bot itself"
    aws.world.pull(shelf.repository, pulled, our_reading + timedelta(seconds=seconds))

    assert ran("approve", plan["plan"], "--confirm", "team/api", "--wait").status == 0

    receipt = {item.digest: item for item in own_store.items(plan["plan"], 1)}
    assert {receipt[each].outcome.value for each in others} == {"deleted"}
    assert receipt[pulled].outcome.value == "skipped"
    assert isinstance(receipt[pulled].reason, PulledAfterPlanning)
    assert pulled in shelf.repository.manifests


def test_the_bots_own_read_keeps_nothing(
    ran: Ran, aws: AwsStandIn, shelf: Shelf, settings_file: Write, own_store: Store
) -> None:
    """Even if the local clock differs from ECR's by two days."""
    aws.world.clock.set(aws.world.clock.now() + timedelta(days=2))
    settings_file(f"{AT_ONCE}{POLICY}")
    shelf.images(5)
    plan = ran("propose", "team/api", "--format", "json").plan
    aws.world.clock.advance(timedelta(hours=1))
    assert ran("approve", plan["plan"], "--confirm", "team/api", "--wait").status == 0
    outcomes = [item.outcome.value for item in own_store.items(plan["plan"], 1)]
    assert outcomes == ["deleted"] * 3
