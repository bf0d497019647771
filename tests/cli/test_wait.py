"""`ecr-clean approve --wait` runs the plan and prints the result."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bootstrap.processes import Shutdown
from bot.cli.runs import PlanExecutor
from bot.core.permissions import AwsIdentity
from bot.core.plan import PlanState
from bot.core.plan_transitions import reopened
from bot.core.records import StoreChange
from bot.playground.aws import AwsStandIn
from bot.settings.load import load_settings
from bot.store.store import Store
from tests.cli.plan_execution import (
    DELETION,
    approved,
    as_stored,
    hold_deletions,
    late_by,
    proposed,
    until,
    working,
)
from tests.cli.stored_plans import ANN, LOOKED_AT, Write
from tests.store.support import event
from tests.support import Run, Shelf, others_off

GO = {"1.0", "1.1", "1.2"}
"""A plan of `at_once`."""

UNREADABLE = f"usage: {{{others_off('files')}, files: [used.txt], expect_none: true}}\n"


def tags(shelf: Shelf) -> set[str]:
    return set(shelf.repository.digest_by_tag)


def test_it_deletes_exactly_the_plan_and_prints_the_result(
    aws: AwsStandIn, run: Run, at_once: Shelf
) -> None:
    before = tags(at_once)
    id_ = proposed(run)
    result = run("approve", id_, "--wait")
    assert (result.status, result.err) == (0, "")
    assert before - tags(at_once) == GO
    assert aws.world.calls.count(DELETION) == 1
    assert result.out.splitlines()[-3:] == [
        f"Plan {id_}, version 1, was executed.",
        "team/api: freed 2.96 kB: saves < $1 a year.",
        "Result: 3 deleted.",
    ]


def test_the_result_is_stored(run: Run, at_once: Shelf) -> None:
    id_ = proposed(run, at_once.id.name)
    run("approve", id_, "--wait")
    shown = run("show", id_, "--format", "json").plan
    assert (shown["state"], shown["freed_bytes"]) == ("done", 3 * 1010)
    assert {item["outcome"] for item in shown["receipt"]} == {"deleted"}
    assert [each["event"] for each in run("audit", "--format", "json").plans] == [
        "proposed",
        "approved",
        "started",
        "deleted",
        "ended",
    ]


def test_it_waits_out_the_undo_window(
    run: Run, releases: Shelf, settings_file: Write, own_store: Store
) -> None:
    settings_file(f"{LOOKED_AT}execution: {{undo_window: 1s}}")
    id_ = proposed(run)
    assert run("approve", id_, "--wait").status == 0
    assert GO.isdisjoint(tags(releases))
    began = own_store.run(id_)
    (approval,) = as_stored(own_store, id_).approvals
    assert began
    assert began.started_at - approval.at >= timedelta(seconds=1)


def test_failed_deletions(aws: AwsStandIn, run: Run, at_once: Shelf) -> None:
    aws.world.fail_deletion(at_once.repository, "1.1")
    id_ = proposed(run)
    result = run("approve", id_, "--wait")
    assert result.status == 1
    assert GO & tags(at_once) == {"1.1"}
    lines = result.out.splitlines()
    assert f"Plan {id_}, version 1, was executed, but some images could not be deleted." in lines
    assert "Result: 2 deleted, 1 failed." in lines
    words = " ".join(result.out.split())
    assert re.search(r"1\.1 \(sha256:\w{12}…\) failed: ECR refused it: .* \(KmsError\)", words)


def test_skipped_images(aws: AwsStandIn, run: Run, at_once: Shelf) -> None:
    id_ = proposed(run)
    aws.world.retag(at_once.repository, "1.1", "stable")
    result = run("approve", id_, "--wait")
    assert result.status == 0
    assert GO & tags(at_once) == {"1.1"}
    assert "Result: 2 deleted, 1 skipped." in result.out
    words = " ".join(result.out.split())
    assert re.search(r"1\.1 \(sha256:\w{12}…\) skipped: its tags changed after the plan", words)


def test_an_incomplete_scan(
    aws: AwsStandIn, run: Run, shelf: Shelf, settings_file: Write, environment: Path
) -> None:
    settings_file(f"{UNREADABLE}execution: {{undo_window: 0s}}\n")
    used = environment / "used.txt"
    used.write_text("")
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    id_ = proposed(run)
    used.unlink()
    result = run("approve", id_, "--wait")
    assert result.status == 3
    assert result.sentence.startswith(f"The plan {id_} for team/api could not start (")
    assert "used.txt" in result.sentence
    assert result.sentence.endswith(". It is proposed again, without approvals")
    shown = run("show", id_, "--format", "json").plan
    assert (shown["state"], shown["approvals"]) == ("proposed", [])
    assert aws.world.calls.count(DELETION) == 0
    used.write_text("")
    assert run("approve", id_, "--wait").status == 0


def test_report_only_settings_refuse_the_approval(
    run: Run, releases: Shelf, settings_file: Write
) -> None:
    id_ = proposed(run, releases.id.name)
    settings_file(f"{LOOKED_AT}execution: {{enabled: false}}")
    result = run("approve", id_, "--wait")
    assert (result.status, result.out) == (2, "")
    assert result.sentence == (
        "The settings have `execution.enabled: false`, so plans are only reported and cannot "
        "be approved"
    )


def test_execution_is_switched_off_while_waiting(
    run: Run, at_once: Shelf, settings_file: Write, aws: AwsStandIn
) -> None:
    id_ = approved(run, at_once.id.name)
    settings_file(f"{LOOKED_AT}execution: {{enabled: false}}")
    result = run("recover")
    assert (result.status, result.out) == (2, "")
    assert "could not start (the settings have execution.enabled: false)" in result.sentence
    assert run("show", id_, "--format", "json").plan["state"] == "proposed"
    assert aws.world.calls.count(DELETION) == 0


def test_another_person_stops_the_plan_in_the_undo_window(
    run: Run, releases: Shelf, own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = proposed(run, releases.id.name)

    def stop_it(_leaving: Shutdown, _seconds: float) -> None:
        before = as_stored(own_store, id_)
        assert own_store.commit(StoreChange([event()], before, reopened(before)))

    monkeypatch.setattr(Shutdown, "sleep", stop_it)
    result = run("approve", id_, "--wait")
    assert result.status == 1
    assert f"Plan {id_}, version 1, is proposed until" in result.out
    assert tags(releases) > GO


@pytest.mark.usefixtures("builds")
def test_it_waits_for_another_process(aws: AwsStandIn, run: Run, own_store: Store) -> None:
    id_ = approved(run)
    hold_deletions(aws, seconds=0.5)
    with working("recover") as other:
        until(lambda: aws.world.calls.count(DELETION))
        executor = PlanExecutor(load_settings(None), own_store, AwsIdentity(ANN))
        assert executor.wait_and_execute(as_stored(own_store, id_)).state is PlanState.DONE
        assert other.wait() == 0
    assert aws.world.calls.count(DELETION) == 5
    run_of_it = own_store.run(id_)
    assert run_of_it
    assert run_of_it.attempt == 1


def test_a_late_plan(run: Run, at_once: Shelf, own_store: Store) -> None:
    """The machine slept during the undo window."""
    id_ = approved(run)
    late_by(own_store, id_, timedelta(minutes=11))
    executor = PlanExecutor(load_settings(None), own_store, AwsIdentity(ANN))
    assert executor.wait_and_execute(as_stored(own_store, id_)).state is PlanState.DONE
    assert GO.isdisjoint(tags(at_once))
