"""The tables are created once, and migrated with their data."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.core.pull_times import BotRead, TimeSpan
from bot.core.records import Approval, AuditEventName, ImageOutcome, ImageResult, StoreChange
from bot.core.verdict_reasons import NoRuleKeeps
from bot.store.database import CURRENT, scripts, upgrade
from bot.store.store import Store, open_database, open_store
from bot.store.table_base import TableBase
from bot.store.tables import ApprovalRow, AuditEventRow, PlanItemRow, PlanVersionRow
from tests.postgres import Server
from tests.store.support import BOB, HERE, propose, run_of, seen, sqlite_url
from tests.support import NOW

REVISIONS = [script.revision for script in scripts().walk_revisions()][::-1]
BOOKKEEPING = "alembic_version"


def test_opening_an_empty_database_creates_the_tables(empty_url: str) -> None:
    before = datetime.now(UTC)
    with open_store(empty_url) as store:
        assert store.is_new
        assert before <= store.made_at <= datetime.now(UTC)
        made_at = store.made_at
    with open_store(empty_url) as store:
        assert not store.is_new
        assert store.made_at == made_at


def test_many_threads_open_at_the_same_time(empty_url: str) -> None:
    start = Barrier(8)

    def open_it(_: int) -> tuple[bool, datetime]:
        start.wait(60)
        with open_store(empty_url) as store:
            return store.is_new, store.made_at

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_it, range(8)))
    assert sorted(is_new for is_new, _ in opened) == [False] * 7 + [True]
    assert len({made_at for _, made_at in opened}) == 1


def test_two_processes_open_at_the_same_time(tmp_path: Path, postgresql: Server) -> None:
    """On each database. The processes are forked after all imports."""
    program = (
        "import os, sys\n"
        "import alembic.command, psycopg\n"
        "from bot.store.store import open_store\n"
        "for url in sys.argv[1:]:\n"
        "    start, go = os.pipe()\n"
        "    told, tell = os.pipe()\n"
        "    for _ in range(2):\n"
        "        if os.fork() == 0:\n"
        "            os.close(go)\n"
        "            os.read(start, 1)\n"
        "            with open_store(url) as store: os.write(tell, b'%d' % store.is_new)\n"
        "            os._exit(0)\n"
        "    os.close(go)\n"
        "    print([os.wait()[1] for _ in range(2)], sorted(os.read(told, 2)))\n"
    )
    with postgresql.database(migrated=False) as url:
        command = [sys.executable, "-c", program, sqlite_url(tmp_path / "store.db"), url]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    assert said.stdout == 2 * f"[0, 0] {[*b'01']}\n"


def test_the_revisions_create_the_tables_of_the_store(store: Store) -> None:
    with store._database.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, TableBase.metadata) == []


def test_the_revisions_form_one_chain() -> None:
    assert scripts().get_bases() == REVISIONS[:1]
    assert scripts().get_heads() == REVISIONS[-1:] == [CURRENT]


def test_every_revision_keeps_all_rows(empty_url: str) -> None:
    """Rows of each table, from the revision that created it."""
    database, kept = open_database(empty_url), dict[str, int]()
    for revision in REVISIONS:
        with database.writing() as session:
            upgrade(session.connection(), revision)
            tables = _tables(session)
            now = {table.name: _count(session, table) for table in tables}
            assert {name: now.get(name, number) for name, number in kept.items()} == kept
            _fill(session, tables)
            kept = {name: max(number, 1) for name, number in now.items()}
    database.close()
    with open_store(empty_url) as store:
        read_all(store)


@pytest.mark.slow
@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_every_revision_are_kept(empty_url: str, revision: str) -> None:
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), revision)
    with database.writing() as session:
        _fill(session, _tables(session))
        filled = _counts(session)
    database.close()
    with open_store(empty_url) as store:
        assert not store.is_new
        with store._database.reading() as session:
            now = _counts(session)
        assert {name: now[name] for name in filled if name in now} == filled
        read_all(store)


def test_replaced_versions_without_approval_shrink(empty_url: str) -> None:
    """Version 2 was approved, version 4 is the newest."""
    large = 300_000 * b"x"
    deletions = {1: ("a", "b", "c"), 2: ("a", "b"), 3: ("b", "d"), 4: ("b",)}
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), "0007")
    with database.writing() as session:
        tables = {table.name: table for table in _tables(session)}

        def add(name: str, **facts: Any) -> None:
            row = {column.name: _some(column) for column in tables[name].columns} | facts
            session.execute(insert(tables[name]).values(row))

        add("plans", id="text", version=4)
        for version, digests in deletions.items():
            add("plan_versions", version=version, content=large)
            for position, digest in enumerate(digests):
                add("plan_items", version=version, position=position, digest=digest)
        add("approvals", version=2)
    database.close()
    before = _size(empty_url)
    with open_store(empty_url) as store:
        found = {version: set(store.deletions("text", version)) for version in deletions}
        assert found == {version: set(digests) for version, digests in deletions.items()}
        with store._database.reading() as session:
            query = select(PlanVersionRow.version, func.length(PlanVersionRow.content))
            kept = [tuple(row) for row in session.execute(query.order_by(PlanVersionRow.version))]
    assert kept == [(1, 0), (2, len(large)), (3, 0), (4, len(large))]
    assert before is None or before - (_size(empty_url) or 0) > 2 * len(large) - 150_000


def _size(url: str) -> int | None:
    """Size of the SQLite file in bytes; None for PostgreSQL."""
    file = make_url(url).database
    return Path(file).stat().st_size if url.startswith("sqlite") and file else None


def test_spared_becomes_skipped(empty_url: str) -> None:
    """In a database of revision 0011, with an executing plan whose run was interrupted."""
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), "0011")
    with database.writing() as session:
        _fill(session, _tables(session))
        tables = {table.name: table for table in _tables(session)}
        items = [("deleted", "sha256:1"), ("spared", "sha256:2"), ("pending", "sha256:3")]
        for position, (outcome, digest) in enumerate(items, 2):
            row = {column.name: _some(column) for column in tables["plan_items"].columns}
            changed = {"position": position, "digest": digest, "outcome": outcome}
            session.execute(insert(tables["plan_items"]).values(row | changed))
        session.execute(tables["plans"].update().values(state="executing"))
        for id_, name in enumerate(("started", "spared", "deleted"), 2):
            row = {column.name: _some(column) for column in tables["audit_events"].columns}
            row |= {"id": id_, "event": name, "plan": "text"}
            session.execute(insert(tables["audit_events"]).values(row))
    database.close()
    with open_store(empty_url) as store:
        (plan,) = store.open_plans()
        assert plan.state is PlanState.EXECUTING
        outcomes = {item.digest: item.outcome for item in store.items(plan.id, plan.version)}
        assert outcomes["sha256:2"] is ImageOutcome.SKIPPED
        assert outcomes["sha256:1"] is ImageOutcome.DELETED
        assert outcomes["sha256:3"] is ImageOutcome.PENDING
        summary = store.outcome_summary(plan.id, plan.version, 9)
        assert summary.counts[ImageOutcome.SKIPPED] == 1
        assert [item.digest for item in summary.not_deleted] == ["sha256:2"]
        assert [each.event for each in store.events()] == [
            AuditEventName.PROPOSED,
            AuditEventName.STARTED,
            AuditEventName.SKIPPED,
            AuditEventName.DELETED,
        ]
        with store._database.reading() as session:
            stored = (select(PlanItemRow.outcome), select(AuditEventRow.event))
            assert "spared" not in {name for query in stored for name in session.scalars(query)}
        with (
            pytest.raises((DBAPIError, ServiceError), match="audit events stay as they are"),
            store._database.writing() as session,
        ):
            session.execute(text("UPDATE audit_events SET event = 'skipped'"))


def test_an_older_process_may_still_write_spared(store: Store) -> None:
    """During an upgrade of several replicas."""
    made = propose(store)
    with store._database.writing() as session:
        first, *_ = session.scalars(select(PlanItemRow).order_by(PlanItemRow.position))
        first.outcome = "spared"
        session.add(
            AuditEventRow(
                at=NOW, event="spared", by="ecr-clean", detail="", plan=made.id, digests=()
            )
        )
    item = store.items(made.id, made.version)[0]
    assert item.outcome is ImageOutcome.SKIPPED
    summary = store.outcome_summary(made.id, made.version, 9)
    assert summary.counts[ImageOutcome.SKIPPED] == 1
    assert summary.not_deleted == (item,)
    assert [*store.events()][-1].event is AuditEventName.SKIPPED


def test_plans_of_before_runs(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), "0001")
    with database.writing() as session:
        _fill(session, _tables(session))
    database.close()
    with open_store(empty_url) as store:
        (plan,) = store.plans()
        assert plan.stop_asked_by is None
        assert plan.approvals == (Approval("text", NOW, 1),)
        assert plan.approvals[0].hash == ""
        approved = replace(plan, state=PlanState.EXECUTING, revision=plan.revision + 1)
        run = replace(run_of(plan), worker=BOB)
        assert store.commit(StoreChange([], plan, approved, run=run))
        assert store.plan(plan.id) == approved
        fate = ImageResult("text", ImageOutcome.DELETED, NoRuleKeeps())
        assert store.record_results(run, [fate], [], [])
        assert [item.outcome for item in store.items(plan.id, 1)] == [ImageOutcome.DELETED]


def test_reads_of_before_recorded_times(empty_url: str) -> None:
    """Their durations were not stored, so they count as 10 seconds."""
    database = open_database(empty_url)
    with database.writing() as session:
        upgrade(session.connection(), "0007")
    at = NOW.replace(microsecond=250_001)
    with database.writing() as session:
        row = {"repository": HERE.uri, "digest": "sha256:1", "at": at, "pulled_before": None}
        older = Table("our_reads", MetaData(), autoload_with=session.connection())
        session.execute(insert(older).values(row))
    database.close()
    with open_store(empty_url) as store:
        span = TimeSpan(at - timedelta(seconds=1), at + timedelta(seconds=10))
        assert store.bot_reads(HERE) == {"sha256:1": [BotRead(at, None, span)]}


def test_an_older_process_may_still_write_approvals(store: Store) -> None:
    """During an upgrade of several replicas. The approved hash is unknown then."""
    made = propose(store)
    with store._database.writing() as session:
        older = {"plan": made.id, "version": 1, "by": "ann", "at": NOW}
        session.execute(insert(ApprovalRow), older)
    assert seen(store, made.id).approvals == (Approval("ann", NOW, 1, ""),)


def read_all(store: Store) -> None:
    (plan,) = store.plans()
    assert store.open_plans() == [plan]
    assert plan.approvals
    assert store.items(plan.id, plan.version)
    assert store.messages_of(plan.id)
    assert store.pins()
    assert list(store.events())
    assert store.tag_scan(plan.repository)
    assert store.history("text", "text").last
    assert store.take_job("worker", datetime.max.replace(tzinfo=UTC), NOW - NOW)


def test_a_newer_database_is_refused(url: str) -> None:
    with open_store(url) as store, store._database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'z999'"))
    with pytest.raises(ServiceError, match=r"made by a newer ecr-clean \(revision z999\): upgrade"):
        open_store(url)


def test_a_database_with_other_tables_is_refused(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE jobs (id INTEGER)"))
    with pytest.raises(ServiceError, match="already exists"):
        open_store(empty_url)
    with database.reading() as session:
        assert inspect(session.connection()).get_table_names() == ["jobs"]
    database.close()


def _fill(session: Session, tables: Sequence[Table]) -> None:
    """Inserts a row into every empty table. Columns of one type get the same value, so that
    references are valid."""
    for table in tables:
        if _count(session, table) == 0:
            row = {column.name: _some(column) for column in table.columns}
            session.execute(insert(table).values(row))


def _some(column: Column[Any]) -> Any:
    named = {
        "state": PlanState.PROPOSED,
        "event": AuditEventName.PROPOSED,
        "outcome": ImageOutcome.PENDING,
        "leased_until": None,
        "reason_value": '["nothing_keeps"]',
        "detail_value": '["not_this_time"]',
        "stop_cause_value": '["execution_off"]',
        "error_value": '["too_many_attempts", 3]',
    }
    if column.name in named and (column.nullable or named[column.name]):
        return named[column.name]
    by_type = {
        str: "text",
        int: 1,
        float: 0.5,
        bool: True,
        datetime: NOW,
        date: NOW.date(),
        bytes: b"bytes",
        object: {},
    }
    return by_type[column.type.python_type]


def _counts(session: Session) -> dict[str, int]:
    return {table.name: _count(session, table) for table in _tables(session)}


def _count(session: Session, table: Table) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _tables(session: Session) -> Sequence[Table]:
    """As they are in the database; referenced tables come first."""
    found = MetaData()
    found.reflect(session.connection())
    return [table for table in found.sorted_tables if table.name != BOOKKEEPING]
