"""The commands of docs/upgrade.md: back up, upgrade, restore, on databases of earlier versions."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import MetaData, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bot.core.errors import ServiceError
from bot.core.plan import PlanState, content_hash
from bot.core.records import AuditEventName, ImageOutcome, PlanRecord, StoreChange
from bot.store.database import CURRENT
from bot.store.store import Store, open_database, open_store
from tests.postgres import INSTALL, Server
from tests.store.earlier_databases import REVISIONS, for_libpq, load
from tests.store.support import HERE, THERE, event, pin, sqlite_url

GUIDE = (Path(__file__).parents[2] / "docs" / "upgrade.md").read_text()
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@pytest.fixture(autouse=True)
def _needs_programs(kind: str) -> None:
    if kind == "postgresql" and shutil.which("pg_dump") is None:
        pytest.skip(INSTALL)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


@pytest.fixture
def other_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where backups are restored."""
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "other.db")
    else:
        server: Server = request.getfixturevalue("postgresql")
        with server.database(migrated=False) as url:
            yield url


@pytest.mark.parametrize("revision", REVISIONS)
def test_backup_upgrade_restore_and_upgrade_again(
    revision: str, kind: str, empty_url: str, other_url: str, backup: Path
) -> None:
    load(revision, kind, empty_url)
    before = contents(empty_url)
    run("Back up", kind, empty_url, backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    upgrade(empty_url)
    after = contents(empty_url)
    assert after["alembic_version"] == [(CURRENT,)]
    run("Restore", kind, other_url, backup)
    assert contents(other_url) == before
    assert before["alembic_version"] == [(revision,)]
    upgrade(other_url)
    assert contents(other_url).keys() == after.keys()


def upgrade(url: str) -> None:
    """Checks that everything that `fill` wrote is still there."""
    with open_store(url) as store:
        assert not store.is_new
        approved, executing = plan_of(store, HERE.uri), plan_of(store, THERE.uri)
        assert approved.state is PlanState.APPROVED
        assert executing.state is PlanState.EXECUTING
        for plan in (approved, executing):
            assert content_hash(store.content(plan.id, plan.version)) == plan.hash
        (given,) = approved.approvals
        assert (given.by, given.version, given.hash) == ("bob", 2, approved.hash)
        outcomes = {item.digest: item.outcome for item in store.items(executing.id, 1)}
        assert outcomes == {
            "sha256:old": ImageOutcome.DELETED,
            "sha256:older": ImageOutcome.PENDING,
        }
        assert [(each.pin.pin, each.pin.by) for each in store.pins()] == [
            ("1.0", "ann"),
            ("2.*", "ann"),
        ]
        assert [each.event for each in store.events()] == [
            AuditEventName.PROPOSED,
            AuditEventName.PROPOSED,
            AuditEventName.APPROVED,
            AuditEventName.PROPOSED,
            AuditEventName.STARTED,
            AuditEventName.DELETED,
            AuditEventName.PINNED,
        ]
        with (
            pytest.raises((DBAPIError, ServiceError), match="audit events stay as they are"),
            store._database.writing() as session,
        ):
            session.execute(text("DELETE FROM audit_events"))


def plan_of(store: Store, repository: str) -> PlanRecord:
    (found,) = [plan for plan in store.plans() if plan.repository.uri == repository]
    return found


def test_a_backup_while_others_write(kind: str, url: str, other_url: str, backup: Path) -> None:
    """It has all changes before its start, and each later one as a whole or not at all."""
    some_are_written, is_enough = Event(), Event()

    def write(store: Store) -> None:
        number = 0
        while not is_enough.is_set():
            added = [pin(f"{number}.{part}") for part in "ab"]
            assert store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=added))
            number += 1
            if number == 5:
                some_are_written.set()

    with open_store(url) as store:
        writer = Thread(target=write, args=[store])
        writer.start()
        try:
            assert some_are_written.wait(60)
            run("Back up", kind, url, backup)
        finally:
            is_enough.set()
            writer.join()
    run("Restore", kind, other_url, backup)
    with open_store(other_url) as store:
        pins, events = store.pins(), list(store.events())
    assert len(pins) >= 10
    assert len(pins) == 2 * len(events)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_restore_discards_the_log_of_a_killed_process(kind: str, url: str, backup: Path) -> None:
    run("Back up", kind, url, backup)
    file = Path(make_url(url).database or "")
    with open_store(url) as store:
        assert store.commit(StoreChange([event()], pins_added=[pin("1.0")]))
        log = file.with_name(f"{file.name}-wal").read_bytes()
    file.with_name(f"{file.name}-wal").write_bytes(log)
    assert log
    run("Restore", kind, url, backup)
    with open_store(url) as store, store._database.reading() as session:
        assert session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
        assert store.pins() == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_wrong_path_makes_no_empty_backup(kind: str, tmp_path: Path, backup: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run("Back up", kind, sqlite_url(tmp_path / "typo.db"), backup)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_backup_is_not_overwritten(kind: str, url: str, backup: Path) -> None:
    backup.write_text("another backup")
    with pytest.raises(subprocess.CalledProcessError):
        run("Back up", kind, url, backup)
    assert backup.read_text() == "another backup"


def run(step: str, kind: str, url: str, backup: Path) -> None:
    """Runs the command that the guide names for this step and database."""
    heading = f"### {step} {TITLES[kind]}"
    found = re.search(rf"^{heading}$.*?^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/upgrade.md has no command under {heading}"
    variables = {"DATABASE": make_url(url).database or "", "DATABASE_URL": for_libpq(url)}
    command = ["bash", "-euo", "pipefail", "-c", found[1]]
    subprocess.run(
        command,
        env=_environment() | variables | {"BACKUP": str(backup)},
        check=True,
        capture_output=True,
        timeout=60,
    )


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in {"PATH", "PGPASSWORD"}}


def contents(url: str) -> Mapping[str, list[tuple[object, ...]]]:
    """All rows of all tables, sorted."""
    database, tables = open_database(url), MetaData()
    with database.reading() as session:
        tables.reflect(session.connection())
        found = {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in tables.sorted_tables
        }
    database.close()
    return found
