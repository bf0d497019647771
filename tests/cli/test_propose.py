"""`ecr-clean propose` stores plans."""

import csv
import io
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.plan import PlanState
from bot.core.plan_transitions import started
from bot.core.records import StoreChange
from bot.core.text_formatting import format_time
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn
from bot.store.store import Store
from tests.cli.stored_plans import ANN, LOOKED_AT, Write
from tests.store.support import event
from tests.support import Plan, Result, Run, Shelf

RECORD_KEYS = {
    "plan", "version", "state", "approvals", "execute_after", "receipt", "freed_bytes",
    "unconfirmed_bytes", "proposed_at", "expires_at",
}  # fmt: skip
HOST = f"{DEFAULT_ACCOUNT}.dkr.ecr.{DEFAULT_REGION}.amazonaws.com"
IS_NEW = (
    "the database is new, without earlier pins and plans: if you expected some, check "
    "DATABASE_URL and the volume of the database"
)


@pytest.fixture
def propose(run: Run) -> Run:
    def propose_it(*arguments: str) -> Result:
        return run("propose", "--format", "json", *(arguments or ("team/api",)))

    return propose_it


def facts(plan: Plan) -> tuple[str, int, str]:
    return plan["plan"], plan["version"], plan["state"]


@pytest.mark.usefixtures("first_releases")
def test_json_has_the_plan_and_its_record(propose: Run, plan: Run) -> None:
    found = propose()
    assert (found.status, found.sentence) == (0, IS_NEW)
    planned = plan().plan
    assert {key: found.plan[key] for key in planned} == planned
    assert found.plan.keys() == planned.keys() | RECORD_KEYS
    assert (found.plan["version"], found.plan["state"]) == (1, "proposed")
    assert (found.plan["approvals"], found.plan["execute_after"]) == ([], None)
    assert found.plan["freed_bytes"] == planned["savings"]["freed_bytes"] > 0
    assert [item["digest"] for item in found.plan["receipt"]] == planned["delete"]
    assert sorted(item["tags"] for item in found.plan["receipt"]) == [["1.0"], ["1.1"], ["1.2"]]
    assert {(item["outcome"], item["reason"]) for item in found.plan["receipt"]} == {
        ("pending", "")
    }


def test_a_plan_with_the_same_content_is_unchanged(propose: Run, releases: Shelf, run: Run) -> None:
    first = propose().plan
    again = propose()
    assert again.err == ""
    assert again.plan == first
    releases.image("2.0", age=0.1)
    assert facts(propose().plan) == (first["plan"], 2, "proposed")
    assert [facts(each) for each in run("plans", "--format", "json").plans] == [
        (first["plan"], 2, "proposed")
    ]


@pytest.mark.usefixtures("releases")
def test_an_approved_plan_is_unchanged(propose: Run, run: Run, settings_file: Write) -> None:
    first = propose().plan
    assert run("approve", first["plan"]).status == 0
    settings_file(f"{LOOKED_AT}policies: [{{keep: [{{newest: 12}}]}}]")
    again = propose()
    assert again.status == 0
    assert again.sentence == (
        "the plan for team/api is already approved, so it is unchanged: plan "
        f"{first['plan']}, version 1"
    )
    assert facts(again.plan) == (first["plan"], 1, "approved")
    assert again.plan["delete"] == first["delete"]
    assert [each["by"] for each in again.plan["approvals"]] == [ANN]


@pytest.mark.usefixtures("releases")
def test_an_executing_plan_is_unchanged(propose: Run, run: Run, own_store: Store) -> None:
    first = propose().plan
    run("approve", first["plan"])
    approved = own_store.plan(first["plan"])
    assert approved
    assert approved.execute_after
    executing = started(approved, approved.execute_after)
    assert own_store.commit(StoreChange([event()], approved, executing))
    again = propose()
    assert "is being executed, so it is unchanged" in again.sentence
    assert again.plan["state"] == PlanState.EXECUTING


def test_an_incomplete_plan_is_stored_and_printed(
    propose: Run, releases: Shelf, aws: AwsStandIn, run: Run
) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    found = propose()
    assert found.status == 3
    assert "the plan of team/api is incomplete" in found.err
    assert (found.plan["complete"], found.plan["delete"]) == (False, [])
    assert len(found.plan["images"]) == len(releases.repository.manifests)
    (stored,) = run("plans", "--format", "json").plans
    assert (stored["plan"], stored["complete"]) == (found.plan["plan"], False)
    refused = run("approve", found.plan["plan"])
    assert refused.status == 2
    assert refused.sentence.startswith("The plan is incomplete, so it cannot be approved")


@pytest.mark.usefixtures("releases")
def test_the_table_shows_the_next_step(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = run("propose", "team/api").out.splitlines()
    (line,) = (line for line in out if line.startswith("Plan "))
    id_ = line.split()[1].rstrip(",")
    assert line.startswith(f"Plan {id_}, version 1, is proposed until 20")
    assert line.endswith(f" UTC. To approve it: ecr-clean approve {id_} --version 1")
    assert "3 images to delete" in " ".join(out)
    assert any(line.startswith("Database from ") for line in out)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            "price_per_gb_month: 0.1",
            "No usage source is switched on, so the plan cannot be approved",
        ),
        (f"{LOOKED_AT}approval: {{required: 2}}", "2 people must approve it in Slack; 0 have."),
        (f"{LOOKED_AT}policies: [{{keep: [{{newest: 13}}]}}]", "there is nothing to approve"),
    ],
)
@pytest.mark.usefixtures("releases")
def test_the_table_shows_why_a_plan_cannot_be_approved(
    settings: str, said: str, run: Run, settings_file: Write
) -> None:
    settings_file(settings)
    result = run("propose", "team/api")
    assert result.status == 0
    assert said in result.out
    assert "ecr-clean approve" not in result.out


@pytest.mark.usefixtures("releases")
def test_the_table_of_an_approved_plan(run: Run, propose: Run) -> None:
    run("approve", propose().plan["plan"])
    assert "version 1, is approved; deletion starts 20" in run("propose", "team/api").out


def test_every_csv_line_has_the_plan(run: Run, releases: Shelf) -> None:
    out = run("propose", "team/api", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(releases.repository.manifests)
    assert {(row["version"], row["state"], row["repository"]) for row in rows} == {
        ("1", "proposed", "team/api")
    }
    assert {len(row["plan"]) for row in rows} == {8}
    assert [row["verdict"] for row in rows].count("delete") == 3


def test_several_repositories(aws: AwsStandIn, releases: Shelf, run: Run, propose: Run) -> None:
    Shelf(aws, "team/web").image("a")
    aws.world.deny("ecr:DescribeImages", resource="*/team/web")
    result = propose("team/*", "team/nobody")
    assert result.status == 2
    assert [each["repository"] for each in result.plans] == [releases.id.name]
    table = run("propose", "team/api", "team/nobody")
    assert table.status == 2
    assert "version 1, is proposed" in table.out


@pytest.mark.usefixtures("first_releases")
def test_a_database_is_announced_once(propose: Run) -> None:
    assert propose().sentence == IS_NEW
    assert propose().err == ""


@pytest.mark.parametrize(("days", "told"), [(6.9, True), (7, False)])
@pytest.mark.usefixtures("releases", "own_store")
def test_a_new_database_shows_its_age(
    days: float, run: Run, environment: Path, *, told: bool
) -> None:
    made_at = datetime.now(UTC) - timedelta(days=days)
    with sqlite3.connect(environment / "state" / "ecr-clean" / "ecr-clean.db") as db:
        db.execute("UPDATE about SET made_at = ?", [f"{made_at:%Y-%m-%d %H:%M:%S.%f}"])
    out = run("propose", "team/api").out
    line = f"Database from {format_time(made_at)}: earlier pins, plans and tags are unknown."
    assert (line in out.splitlines()) is told


@pytest.mark.usefixtures("releases")
def test_sqlite_and_postgresql_give_the_same_output(database: str, run: Run, propose: Run) -> None:
    del database
    first = propose()
    assert first.sentence == IS_NEW
    id_ = first.plan["plan"]
    assert run("pin", "team/api", "1.0", "--reason", "the audit").status == 0
    assert facts(propose().plan) == (id_, 2, "proposed")
    assert run("approve", id_).status == 0
    (shown,) = run("show", id_, "--format", "json").plans
    assert facts(shown) == (id_, 2, "approved")
    assert [item["tags"] for item in shown["receipt"]] == [["1.1"], ["1.2"]]
    told = run("audit", "--format", "json").plans
    assert [each["event"] for each in told] == ["proposed", "pinned", "proposed", "approved"]
    assert [pin["pin"] for pin in run("pins", "--format", "json").plans] == ["1.0"]


@pytest.mark.usefixtures("first_releases")
def test_plan_reads_pins_and_creates_no_database(run: Run, plan: Run, environment: Path) -> None:
    before = plan()
    assert not (environment / "state").exists()
    assert run("pin", "team/api", "1.0", "--reason", "the audit").status == 0
    after = plan()
    assert after.err == ""
    assert set(before.plan["delete"]) - set(after.plan["delete"]) == {
        image["digest"] for image in after.plan["images"] if "1.0" in image["tags"]
    }
    (pinned,) = (image for image in after.plan["images"] if "1.0" in image["tags"])
    detail = f"1.0 is pinned by {ANN}: the audit"
    assert pinned["reasons"] == [{"rule": "pinned", "detail": detail, "pin": "1.0"}]


@pytest.mark.usefixtures("releases")
def test_only_commands_that_store_create_a_database(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice that a database is new must appear when pins are missing, so other commands must
    not create it."""
    file = environment / "volume" / "bot.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    for command in (
        ("plan", "team/api"),
        ("plans",),
        ("pins",),
        ("audit",),
        ("why", "team/api", "1.0"),
    ):
        assert run(*command).err == ""
    assert run("show", "bcdfghjk").status == 2
    assert not file.exists()
    assert run("propose", "team/api").sentence == IS_NEW
    assert run("propose", "team/api").err == ""


@pytest.mark.usefixtures("releases")
def test_a_source_that_shrank_is_not_new(run: Run, settings_file: Write, environment: Path) -> None:
    """The first proposal creates a database, which has none of the earlier scans of `plan`."""
    used = environment / "used.txt"
    used.write_text("".join(f"{HOST}/team/api:{n}.0\n" for n in range(10)))
    settings_file(
        "usage: {ecs: false, lambda: false, kubernetes: false, app_runner: false, "
        "batch: false, sagemaker: false, codebuild: false, files: [used.txt]}"
    )
    assert run("plan", "team/api").status == 0
    used.write_text(f"{HOST}/team/api:1.0\n")
    proposed = run("propose", "team/api", "--format", "json")
    assert proposed.status == 3
    assert "confirm-usage files" in proposed.err
    assert run("approve", proposed.plan["plan"]).status == 2


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:HIDDEN%2Fword@127.0.0.1:1/bot",
        "postgresql+psycopg://bot:HIDDEN%2Fword@127.0.0.1:1/bot",
        "sqlite://bot:HIDDEN%2Fword@host/x",
        "mysql://bot:HIDDEN%2Fword@127.0.0.1/bot",
        "postgresql://bot:HIDDEN/word@127.0.0.1:1/bot",
        "HIDDEN/word",
    ],
)
@pytest.mark.parametrize("command", [("propose", "team/api"), ("plans",), ("plan", "team/api")])
@pytest.mark.usefixtures("releases")
def test_the_password_of_the_database_is_not_printed(
    command: tuple[str, ...], url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    quiet, loud = run(*command), run("--debug", *command)
    assert quiet.status in (1, 2)
    assert quiet.sentence
    assert "Traceback" in loud.err
    for said in (quiet.out, quiet.err, loud.out, loud.err):
        assert "HIDDEN" not in said
        assert "word@" not in said
