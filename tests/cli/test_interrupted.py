"""Ctrl-C while a plan waits, and while it is executed."""

import os
import pty
import re
import signal

import pytest

from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn, Fault
from bot.store.store import Store
from tests.cli.plan_execution import (
    BUILDS,
    DELETION,
    PATIENCE,
    approved,
    as_stored,
    hold_deletions,
    proposed,
    until,
    wait_for_line,
    working,
)
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.support import Run, Shelf

STOPPING = "ecr-clean: stopping after the batches in flight; Ctrl-C again exits immediately\n"


def outcomes(store: Store, id_: str) -> dict[str, ImageOutcome]:
    plan = as_stored(store, id_)
    return {item.digest: item.outcome for item in store.items(id_, plan.version)}


def check_receipt(store: Store, id_: str, shelf: Shelf) -> None:
    """The result has the actual outcome of every digest."""
    there = set(shelf.repository.manifests)
    for digest, outcome in outcomes(store, id_).items():
        assert outcome is (ImageOutcome.SKIPPED if digest in there else ImageOutcome.DELETED)


def test_in_the_undo_window_the_plan_remains_approved(
    run: Run, releases: Shelf, aws: AwsStandIn, settings_file: Write
) -> None:
    settings_file(f"{LOOKED_AT}execution: {{undo_window: 1h}}")
    id_ = proposed(run, releases.id.name)
    with working("approve", id_, "--wait") as process:
        wait_for_line(process.stdout, "Approved: ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert list(filter(None, err.splitlines())) == [
        "ecr-clean: the plan is still approved, and ecr-clean serve or recover runs it; "
        f"to withdraw the approval: ecr-clean stop {id_}",
        "ecr-clean: interrupted",
    ]
    assert run("show", id_, "--format", "json").plan["state"] == "approved"
    assert aws.world.calls.count(DELETION) == 0
    assert run("stop", id_).status == 0


def test_before_the_first_deletion_the_approval_is_withdrawn(
    run: Run, at_once: Shelf, aws: AwsStandIn
) -> None:
    """Ctrl-C during the scan before the deletion."""
    id_ = proposed(run, at_once.id.name)
    seen = aws.world.calls.count("ecr:DescribeImages")
    aws.world.faults.add(Fault(operation="DescribeImages", delay=2))
    with working("approve", id_, "--wait") as process:
        until(lambda: aws.world.calls.count("ecr:DescribeImages") > seen)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.strip("\n")) == (1, STOPPING.strip("\n"))
    assert f"Plan {id_}, version 1, is proposed until" in out
    assert aws.world.calls.count(DELETION) == 0
    assert run("show", id_, "--format", "json").plan["approvals"] == []


def test_during_deletion_it_stops_after_the_batches_in_flight(
    run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    id_ = proposed(run)
    hold_deletions(aws, seconds=2)
    with working("approve", id_, "--wait", "--confirm", builds.id.name) as process:
        until(lambda: aws.world.calls.count(DELETION))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err.lstrip()) == (1, STOPPING)
    assert as_stored(own_store, id_).state is PlanState.STOPPED
    check_receipt(own_store, id_, builds)
    assert aws.world.calls.count(DELETION) == 4
    assert f"Plan {id_}, version 1, was stopped during the deletion." in out
    assert f"Result: 400 deleted, {BUILDS - 400} skipped." in out
    assert "was not reached: arn:aws:iam::123456789012:user/demo stopped the run" in " ".join(
        out.split()
    )


def test_a_second_ctrl_c_exits_immediately_and_recover_finishes(
    run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    id_ = proposed(run)
    held = hold_deletions(aws, seconds=2 * PATIENCE)
    with working("approve", id_, "--wait", "--confirm", builds.id.name) as process:
        until(lambda: aws.world.calls.count(DELETION))
        process.send_signal(signal.SIGINT)
        wait_for_line(process.stderr, STOPPING)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "ecr-clean: exited immediately: ecr-clean recover finishes the deletion" in err
    assert as_stored(own_store, id_).state is PlanState.EXECUTING
    held.delay = 0
    result = run("recover")
    assert (result.status, result.err) == (0, "")
    assert f"Result: {BUILDS} deleted" in result.out
    check_receipt(own_store, id_, builds)


@pytest.mark.slow
def test_recover_starts_no_other_plan_after_ctrl_c(
    run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    other = Shelf(aws, "team/web")
    other.images(20)
    first, second = approved(run, builds.id.name), approved(run, other.id.name)
    hold_deletions(aws, seconds=2)
    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    states = [as_stored(own_store, id_).state for id_ in (first, second)]
    assert states.count(PlanState.APPROVED) == 1


@pytest.mark.slow
def test_a_terminal_shows_the_progress(run: Run, builds: Shelf, aws: AwsStandIn) -> None:
    id_ = proposed(run)
    hold_deletions(aws, seconds=0.3)
    ours, theirs = pty.openpty()
    with working(
        "approve", id_, "--wait", "--confirm", builds.id.name, stderr=theirs, TERM="xterm"
    ) as process:
        os.close(theirs)
        seen = _all_of(ours)
        assert process.wait(PATIENCE) == 0
    os.close(ours)
    assert f"0 of {BUILDS}" in seen
    assert f"400 of {BUILDS}" in seen
    assert re.search(r"deleting \(\d+ kB freed\)", seen)


def _all_of(terminal: int) -> str:
    seen = b""
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:
        pass  # Linux reports the closed other side this way
    return seen.decode()
