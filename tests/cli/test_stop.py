"""`ecr-clean stop` in the undo window, and during the deletion."""

import signal
from collections.abc import Callable

import pytest

from bot.core.plan import PlanState
from bot.playground.aws import AwsStandIn
from bot.store.store import Store
from tests.cli.plan_execution import (
    BUILDS,
    DELETION,
    NOTHING,
    PATIENCE,
    approved,
    as_stored,
    frozen,
    hold_deletions,
    proposed,
    until,
    working,
)
from tests.cli.stored_plans import BOB, LOOKED_AT, Write
from tests.support import Run, Shelf


def test_in_the_undo_window(run: Run, releases: Shelf, aws: AwsStandIn) -> None:
    id_ = approved(run, releases.id.name)
    result = run("stop", id_)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(
        f"Nothing was deleted. Plan {id_}, version 1, is proposed until 20"
    )
    shown = run("show", id_, "--format", "json").plan
    assert (shown["state"], shown["approvals"], shown["execute_after"]) == ("proposed", [], None)
    assert run("recover").out == NOTHING
    assert aws.world.calls.count(DELETION) == 0


def test_during_the_deletion(run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store) -> None:
    id_ = approved(run, builds.id.name)
    hold_deletions(aws, seconds=2)
    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        with frozen(process):
            result = run("stop", id_)
        assert (result.status, result.err) == (0, "")
        assert result.out == (
            f"Plan {id_}, version 1, is being executed, and stops after the batches in flight.\n"
        )
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert f"Result: 400 deleted, {BUILDS - 400} skipped." in out
    assert as_stored(own_store, id_).state is PlanState.STOPPED
    assert len(builds.repository.manifests) == BUILDS - 400 + 10


@pytest.mark.slow
def test_without_a_process_that_runs_the_plan(
    run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store
) -> None:
    id_ = approved(run, builds.id.name)
    held = hold_deletions(aws)
    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    held.delay = 0
    result = run("stop", id_)
    assert result.status == 0
    assert result.sentence == (
        "no process runs the plan any more: ecr-clean recover completes its result"
    )
    assert run("recover").status == 1
    assert as_stored(own_store, id_).state is PlanState.STOPPED
    assert aws.world.calls.count(DELETION) == 4


def test_plans_that_cannot_be_stopped(run: Run, at_once: Shelf) -> None:
    id_ = proposed(run, at_once.id.name)
    result = run("stop", id_)
    assert (result.status, result.out) == (2, "")
    assert result.sentence == "The plan for team/api is proposed but not approved"
    assert run("approve", id_, "--wait").status == 0
    assert run("stop", id_).sentence == "The plan for team/api was executed"


@pytest.mark.parametrize("approvers", [f"['{BOB}']", "['U1ANN']", "[]"])
def test_every_identity_may_stop(
    approvers: str,
    run: Run,
    releases: Shelf,
    settings_file: Write,
    bob: Callable[[], None],
) -> None:
    """Stopping can only keep more images."""
    id_ = approved(run, releases.id.name)
    settings_file(f"{LOOKED_AT}approval: {{approvers: {approvers}}}")
    bob()
    assert run("stop", id_).status == 0


def test_without_credentials(run: Run, releases: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = approved(run, releases.id.name)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = run("stop", id_)
    assert (result.status, result.out) == (1, "")
    assert "credentials" in result.sentence
    assert run("show", id_, "--format", "json").plan["state"] == "approved"
