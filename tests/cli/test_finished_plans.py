"""`show`, `plans` and `audit` for a plan that was executed."""

import csv
import hashlib
import io
from pathlib import Path

import pytest

from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn
from bot.store.store import Store
from tests.cli.plan_execution import (
    BUILDS,
    DELETION,
    PATIENCE,
    approved,
    frozen,
    hold_deletions,
    proposed,
    until,
    working,
)
from tests.cli.stored_plans import Remembered
from tests.support import Run, Shelf


@pytest.fixture
def id_(
    run: Run, at_once: Shelf, aws: AwsStandIn, own_database: Path, remembered: Remembered
) -> str:
    """A plan whose 1.0 was deleted, whose 1.1 was tagged again and skipped, and whose 1.2
    failed."""

    def execute_plan() -> str:
        id_ = proposed(run)
        aws.world.retag(at_once.repository, "1.1", "stable")
        aws.world.fail_deletion(at_once.repository, "1.2")
        assert run("approve", id_, "--wait").status == 1
        return id_

    return remembered.after("a run", own_database, execute_plan)


def test_json(run: Run, id_: str) -> None:
    shown = run("show", id_, "--format", "json").plan
    assert (shown["state"], shown["freed_bytes"]) == ("failed", 1010)
    outcomes = {item["tags"][0]: (item["outcome"], item["reason"]) for item in shown["receipt"]}
    assert outcomes["1.0"][0] == "deleted"
    assert outcomes["1.0"][1].startswith("not among the 10 newest")
    assert outcomes["1.1"] == (
        "skipped",
        "its tags changed after the plan was made: 1.1 before, 1.1, stable now",
    )
    assert outcomes["1.2"] == (
        "failed",
        "ECR refused it: Injected by the stand-in (KmsError)",
    )


def test_csv_has_a_line_for_each_manifest(run: Run, id_: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run("show", id_, "--format", "csv").out)))
    assert {(row["tags"], row["outcome"]) for row in rows} == {
        ("1.0", "deleted"),
        ("1.1", "skipped"),
        ("1.2", "failed"),
    }
    assert all(row["reason"] for row in rows)
    assert {(row["plan"], row["state"]) for row in rows} == {(id_, "failed")}


def test_text(run: Run, id_: str) -> None:
    out = run("show", id_).out
    assert f"Plan {id_}, version 1, was executed, but some images could not be deleted." in out
    assert "Result: 1 deleted, 1 skipped, 1 failed." in out
    words = " ".join(out.split())
    assert words.index("failed: ECR refused it") < words.index("skipped: its tags changed")


def test_the_list_has_the_freed_bytes(run: Run, id_: str) -> None:
    (listed,) = run("plans", "--format", "json").plans
    assert (listed["plan"], listed["freed_bytes"]) == (id_, 1010)
    (row,) = csv.DictReader(io.StringIO(run("plans", "--format", "csv").out))
    assert (row["state"], row["freed_bytes"]) == ("failed", "1010")
    _, line = run("plans").out.splitlines()
    assert line.split()[:7] == [id_, "team/api", "1", "failed", "3", "of", "13"]
    assert " 0.99 kB " in line


def test_the_progress_of_a_run(run: Run, builds: Shelf, aws: AwsStandIn, own_store: Store) -> None:
    id_ = approved(run, builds.id.name)
    held = hold_deletions(aws, seconds=1)

    def pending() -> int:
        outcomes = [item.outcome for item in own_store.items(id_, 1)]
        return outcomes.count(ImageOutcome.PENDING)

    with working("recover") as process:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        held.delay = PATIENCE
        until(lambda: aws.world.calls.count(DELETION) == 5 and pending() == BUILDS - 400)
        with frozen(process):
            out = run("show", id_).out
    assert f"400 of {BUILDS} manifests processed." in out
    assert f"Result: {BUILDS - 400} pending, 400 deleted." in out


@pytest.mark.parametrize("reference", ["the tag", "the digest", "its beginning"])
def test_a_deleted_manifest_is_printed_exactly(
    reference: str, run: Run, at_once: Shelf, aws: AwsStandIn
) -> None:
    manifest = aws.world.manifest(at_once.repository, "1.0")
    digest, text = manifest.digest, manifest.text
    id_ = proposed(run)
    assert run("approve", id_, "--wait").status == 0
    names = {"the tag": "1.0", "the digest": digest, "its beginning": digest[:19]}
    result = run("show", id_, "--manifest", names[reference])
    assert (result.status, result.out, result.err) == (0, text, "")
    assert f"sha256:{hashlib.sha256(result.out.encode()).hexdigest()}" == digest


def test_a_manifest_that_the_plan_did_not_delete(run: Run, id_: str) -> None:
    result = run("show", id_, "--manifest", "1.12")
    assert (result.status, result.out) == (2, "")
    assert result.sentence == (
        f"The plan {id_} deletes no manifest with the tag or digest 1.12: "
        f"ecr-clean show {id_} --format csv lists its deletions"
    )


def test_a_manifest_that_was_not_stored(run: Run, id_: str, at_once: Shelf) -> None:
    digest = at_once.repository.digest_by_tag["1.1"]
    result = run("show", id_, "--manifest", "1.1")
    assert (result.status, result.out) == (2, "")
    assert result.sentence == (
        f"The text of {digest} is not stored: its outcome is skipped, and texts are stored only "
        "right before a deletion"
    )


def test_the_audit_has_all_events(run: Run, id_: str) -> None:
    told = run("audit", "--format", "json").plans
    assert [each["event"] for each in told] == [
        *("proposed", "approved", "started", "skipped", "deleted", "failed", "ended")
    ]
    assert {each["by"] for each in told[2:]} == {"ecr-clean"}
    assert {each["plan"] for each in told} == {id_}
    assert [len(each["digests"]) for each in told] == [3, 3, 0, 1, 1, 1, 0]


def test_a_terminal_shows_batches_as_one_event(
    run: Run, builds: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    id_ = approved(run, builds.id.name)
    assert run("recover").status == 0
    told = [each["event"] for each in run("audit", "--format", "json").plans]
    assert told.count("deleted") == 5
    lines = run("audit").out.splitlines()
    (line,) = [line for line in lines if "  deleted  " in line]
    assert line.endswith(f"  deleted  team/api  plan {id_}, version 1  {BUILDS} digests  5 times")
