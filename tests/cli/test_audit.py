"""`ecr-clean audit` prints all events, oldest first."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.errors import ErrorText
from bot.core.records import AuditEventName
from bot.store.store import Store
from tests.cli.stored_plans import ANN, BOB, LOOKED_AT, Write
from tests.store.support import event
from tests.support import Run, Shelf, others_off

KEYS = {
    "at", "event", "by", "plan", "version", "repository", "registry_id", "region", "digests",
    "detail",
}  # fmt: skip


@pytest.fixture
def id_(run: Run, releases: Shelf, settings_file: Write, bob: Callable[[], None]) -> str:
    """A plan that was proposed, pinned, approved, refused to Bob, and unpinned."""
    settings_file(f"{LOOKED_AT}approval: {{approvers: ['{ANN}']}}")
    id_ = str(run("propose", releases.id.name, "--format", "json").plan["plan"])
    run("pin", "team/api", "1.0", "--reason", "the audit")
    run("approve", id_)
    run("unpin", "team/api", "1.0")
    bob()
    run("approve", id_)
    return id_


def test_all_events_as_json(run: Run, id_: str) -> None:
    told = run("audit", "--format", "json").plans
    assert [(each["event"], each["by"], each["plan"], each["version"]) for each in told] == [
        ("proposed", ANN, id_, 1),
        ("pinned", ANN, id_, 1),
        ("proposed", ANN, id_, 2),
        ("approved", ANN, id_, 2),
        ("unpinned", ANN, None, None),
        ("refused", BOB, id_, 2),
    ]
    assert [len(each["digests"]) for each in told] == [3, 1, 2, 2, 0, 0]
    assert told[2]["digests"] == told[3]["digests"]
    assert set(told[0]["digests"]) == {*told[1]["digests"], *told[2]["digests"]}
    for each in told:
        assert each.keys() == KEYS
        assert (each["repository"], each["registry_id"], each["region"]) == (
            "team/api",
            "123456789012",
            "eu-west-1",
        )
        assert datetime.fromisoformat(each["at"]).utcoffset() == timedelta(0)


def test_events_as_text(run: Run, id_: str) -> None:
    lines = run("audit").out.splitlines()
    assert f" UTC  proposed  team/api  plan {id_}, version 1  3 digests" in lines[0]
    assert lines[1].strip() == f"{ANN}: 3 of 13 manifests to delete"
    assert any(" UTC  unpinned  team/api" in line for line in lines)


@pytest.mark.usefixtures("id_")
def test_events_as_csv(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("audit", "--format", "csv").out)))
    assert rows[0].keys() == KEYS
    assert [row["event"] for row in rows][:2] == ["proposed", "pinned"]
    assert len(rows[0]["digests"].split()) == 3
    assert (rows[4]["plan"], rows[4]["version"], rows[4]["digests"]) == ("", "", "")


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("30d", "a week ago"),
        ("3d", "yesterday"),
        ("2026-11-01", "early in November"),
        ("2026-11-02", "late in November"),
        ("2026-11-01T13:00+01:00", "early in November"),
        ("2026-11-01T12:01", "late in November"),
        ("999999d", None),
    ],
)
def test_since(since: str, first: str | None, run: Run, own_store: Store) -> None:
    now = datetime.now(UTC)
    times = {
        "early in November": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "late in November": datetime(2026, 11, 29, 12, tzinfo=UTC),
    }
    if since.endswith("d"):
        times = {
            "a year ago": now - timedelta(days=365),
            "a week ago": now - timedelta(days=7),
            "yesterday": now - timedelta(days=1),
        }
    for detail, at in times.items():
        own_store.record(event(AuditEventName.REFUSED, at=at, detail=ErrorText(detail)))
    result = run("audit", "--since", since, "--format", "json")
    if first is None:
        assert result.status == 2
        assert "'999999d' is not a time" in result.sentence
    else:
        assert result.plans[0]["detail"] == first


def test_no_events(run: Run) -> None:
    assert run("audit").out == "No events.\n"
    assert run("audit", "--format", "json").out == ""


def test_confirmed_usage_is_an_event(
    run: Run, plan: Run, environment: Path, shelf: Shelf, settings_file: Write
) -> None:
    shelf.image("a")
    settings_file(f"usage: {{{others_off('files')}, files: [used.txt]}}")
    used = environment / "used.txt"
    used.write_text("team/api:a\nteam/api:b\nteam/api:c\n")
    assert run("propose", "team/api").status == 0
    used.write_text("team/api:a\n")
    assert plan().status == 3
    assert run("confirm-usage", "files", "used.txt", "--workloads", "1").status == 0
    assert plan().status == 0
    told = run("audit", "--format", "json").plans[-1]
    assert (told["event"], told["by"], told["repository"], told["plan"]) == (
        "confirmed_usage",
        ANN,
        None,
        None,
    )
    assert told["detail"].startswith("confirmed: files lists 1 workload in used.txt (")
    assert "), but listed 3 on " in told["detail"]
    assert " confirmed usage\n" in run("audit").out
