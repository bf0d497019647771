"""`ecr-clean plans`, `ecr-clean show` and `ecr-clean dismiss`."""

import csv
import io
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.plan import PlanState
from bot.core.plan_transitions import started
from bot.core.records import StoreChange
from bot.playground.aws import AwsStandIn
from bot.store.store import Store
from tests.cli.stored_plans import ANN, LOOKED_AT, Write
from tests.store.support import event
from tests.support import Run, Shelf

KEYS = {
    "plan", "version", "repository", "registry_id", "region", "state", "approvals",
    "execute_after", "receipt", "freed_bytes", "unconfirmed_bytes", "proposed_at", "expires_at",
    "complete",
}  # fmt: skip


@pytest.fixture
def id_(open_plan: str) -> str:
    """The ID of a proposed plan."""
    return open_plan


def at(iso: str) -> datetime:
    return datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S%z")


def test_json_of_plans_and_show(run: Run, id_: str, releases: Shelf) -> None:
    (listed,) = run("plans", "--format", "json").plans
    assert listed == run("show", id_, "--format", "json").plan
    assert listed.keys() == KEYS
    assert (listed["plan"], listed["version"], listed["state"]) == (id_, 1, "proposed")
    assert (listed["repository"], listed["registry_id"], listed["region"]) == (
        "team/api",
        "123456789012",
        "eu-west-1",
    )
    assert sorted(item["tags"] for item in listed["receipt"]) == [["1.0"], ["1.1"], ["1.2"]]
    assert (listed["approvals"], listed["execute_after"], listed["complete"]) == ([], None, True)
    assert listed["freed_bytes"] == 3 * 1010
    assert at(listed["expires_at"]) - at(listed["proposed_at"]) == timedelta(days=8)
    assert releases.id.name == listed["repository"]


def test_an_approval_is_shown(run: Run, id_: str) -> None:
    run("approve", id_)
    shown = run("show", id_, "--format", "json").plan
    (approval,) = shown["approvals"]
    assert (approval["by"], approval["version"]) == (ANN, 1)
    assert at(shown["execute_after"]) - at(approval["at"]) == timedelta(minutes=5)
    out = run("show", id_).out
    assert "version 1, is approved; deletion starts 20" in out
    assert f"Approved by {ANN} 20" in out


def test_the_newest_comes_first(run: Run, aws: AwsStandIn, id_: str) -> None:
    web = Shelf(aws, "team/web")
    for number in range(11):
        web.image(f"1.{number}")
    second = run("propose", "team/web", "--format", "json").plan["plan"]
    assert [each["plan"] for each in run("plans", "--format", "json").plans] == [second, id_]
    lines = run("plans").out.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["plan", "repository", "version", "state"],
        [second, "team/web", "1", "proposed"],
        [id_, "team/api", "1", "proposed"],
    ]
    assert "3 of 13" in lines[2]


def test_csv_has_a_line_for_each_plan_or_deletion(run: Run, id_: str) -> None:
    run("approve", id_)
    (row,) = csv.DictReader(io.StringIO(run("plans", "--format", "csv").out))
    assert (row["plan"], row["state"], row["deletions"], row["complete"]) == (
        id_,
        "approved",
        "3",
        "yes",
    )
    assert row["approvals"].startswith(f"version 1 by {ANN} at 20")
    rows = list(csv.DictReader(io.StringIO(run("show", id_, "--format", "csv").out)))
    assert {(row["plan"], row["outcome"]) for row in rows} == {(id_, "pending")}
    assert sorted(row["tags"] for row in rows) == ["1.0", "1.1", "1.2"]


def test_show_has_plan_status_and_result(run: Run, id_: str) -> None:
    out = run("show", id_).out
    assert "3 images to delete" in out
    assert f"Plan {id_}, version 1, is proposed until 20" in out
    assert "Proposed 20" in out
    assert "Result: 3 pending." in out


def test_an_approval_of_an_earlier_version_is_outdated(run: Run, id_: str) -> None:
    run("approve", id_)
    run("pin", "team/api", "1.0", "--reason", "the audit")
    out = run("show", id_).out
    assert "version 2, is proposed until" in out
    assert ", for version 1, which is outdated." in " ".join(out.split())


def test_an_executed_plan_has_a_result(run: Run, id_: str, own_store: Store) -> None:
    run("approve", id_)
    approved = own_store.plan(id_)
    assert approved
    assert approved.execute_after
    executing = started(approved, approved.execute_after)
    assert own_store.commit(StoreChange([event()], approved, executing))
    assert f"Plan {id_}, version 1, is being executed." in run("show", id_).out
    (listed,) = run("plans", "--format", "json").plans
    assert listed["state"] == PlanState.EXECUTING


def test_no_plans(run: Run) -> None:
    table = run("plans")
    assert table.out == "No plans. To make one: ecr-clean propose REPOSITORY\n"
    assert table.err == ""
    listed = run("plans", "--format", "json")
    assert (listed.status, listed.out, listed.err) == (0, "", "")


@pytest.mark.parametrize("command", ["show", "dismiss", "approve"])
def test_an_unknown_plan(command: str, run: Run, id_: str) -> None:
    close = id_[:-1] + ("b" if id_[-1] != "b" else "c")
    result = run(command, close)
    assert (result.status, result.out) == (2, "")
    assert result.sentence == f"No plan {close}: did you mean {id_}?"
    assert run(command, "nonsense").sentence == (
        "No plan nonsense: ecr-clean plans lists all plans"
    )


def test_dismissed(run: Run, id_: str) -> None:
    result = run("dismiss", id_)
    assert (result.status, result.err) == (0, "")
    assert result.out == f"Plan {id_}, version 1, was dismissed.\n"
    again = run("dismiss", id_)
    assert (again.status, again.sentence) == (2, "The plan for team/api was dismissed")
    assert run("propose", "team/api", "--format", "json").plan["plan"] != id_


@pytest.mark.parametrize("command", ["plans", "show", "audit"])
def test_reading_expires_old_plans(
    command: str, run: Run, releases: Shelf, settings_file: Write
) -> None:
    settings_file(f"{LOOKED_AT}approval: {{expires_after: 0s}}")
    id_ = run("propose", releases.id.name, "--format", "json").plan["plan"]
    result = run(command, *([id_] if command == "show" else []), "--format", "json")
    assert result.status == 0
    if command == "audit":
        assert [each["event"] for each in result.plans] == ["proposed", "expired"]
        assert result.plans[-1]["by"] == "ecr-clean"
    else:
        assert result.plan["state"] == "expired"


def test_a_damaged_plan(run: Run, id_: str, environment: Path) -> None:
    with sqlite3.connect(f"{environment}/state/ecr-clean/ecr-clean.db") as db:
        db.execute("UPDATE plan_versions SET content = x'00'")
    result = run("show", id_)
    assert (result.status, result.out) == (1, "")
    assert "A stored plan cannot be read" in result.sentence
    assert run("show", id_, "--format", "json").status == 0


def test_a_database_that_cannot_be_used(run: Run, environment: Path) -> None:
    file = environment / "state" / "ecr-clean" / "ecr-clean.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all, but long enough to look at" * 50)
    result = run("plans")
    assert (result.status, result.out) == (1, "")
    assert "cannot be used" in result.sentence
