"""PostgreSQL for the tests: the server of TEST_DATABASE_URL, or one that the tests start."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Connection, NullPool, create_engine, event, make_url
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from bot.store.store import open_store

DEBIAN = Path("/usr/lib/postgresql")
IN_MEMORY = Path("/dev/shm")
ROOM = 2**30
WITHOUT_CARE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=64MB"]
STRANGER = "stranger"
"""A role that cannot connect."""

INSTALL = "PostgreSQL is missing: apt-get install postgresql, or set TEST_DATABASE_URL"


@event.listens_for(Engine, "do_executemany")
def expect_no_pipeline(_cursor: Any, statement: str, _rows: Any, context: Any) -> None:
    """A process that freezes in a pipeline keeps its locks until it continues: no timeout of
    PostgreSQL applies."""
    assert context.dialect.name == "sqlite", f"psycopg runs as a pipeline: {statement}"


_END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
"""Ends sessions whose process was killed in a transaction. Keeps idle sessions of a pooler
for the next test."""

_EMPTY_TABLES = f"""
DO $$
DECLARE found record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN
    SELECT oid::regclass AS name, relkind, pg_relation_size(oid) AS size
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
  LOOP
    IF found.size > {2**20} THEN
      RAISE 'a new database is cheaper';
    ELSIF found.relkind = 'S' THEN
      PERFORM setval(found.name, 1, false);
    ELSIF found.name NOT IN ('about'::regclass, 'alembic_version'::regclass) THEN
      EXECUTE 'DELETE FROM ' || found.name;
    END IF;
  END LOOP;
END $$
"""
"""Deletes in any order, without foreign key checks. Keeps the rows of a new database."""

_SHAPE = """
SELECT concat_ws(
  E'\\n',
  (SELECT string_agg(about::text, ' ') FROM about),
  (SELECT string_agg(alembic_version::text, ' ') FROM alembic_version),
  (SELECT string_agg(concat(relname, relacl, attname, atttypid, attnotnull), ' '
                     ORDER BY relname, attnum)
   FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
   WHERE relnamespace = 'public'::regnamespace),
  (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),
  (SELECT string_agg(setconfig::text, ' ') FROM pg_db_role_setting
   JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database())
)
"""
"""Everything except the rows that tests write: tables, indexes, permissions, settings, revision."""


@dataclass(frozen=True)
class _Migrated:
    """A database with all tables, and a connection that empties them."""

    url: URL
    connection: Connection

    def is_clean_again(self, shape: str) -> bool:
        """Empties the tables. False if a test changed more than rows, or wrote very many rows."""
        try:
            self.connection.exec_driver_sql(_END_SESSIONS)
            self.connection.exec_driver_sql(_EMPTY_TABLES)
            return _shape(self.connection) == shape
        except DBAPIError:
            return False


@dataclass(frozen=True)
class Server:
    """`url`: of a user who can create databases. `migrated`: a database with all tables;
    `shape`: its schema. `_clean`: copies of it that no test is using."""

    url: URL
    migrated: str
    shape: str
    _until_end: ExitStack
    _clean: list[_Migrated] = field(default_factory=list)

    @contextmanager
    def database(self, *, migrated: bool) -> Iterator[str]:
        """A database without rows of earlier tests. Databases with tables are emptied and reused,
        which takes a tenth of the time of a new one, unless a test changed more than rows."""
        if not migrated:
            with _database(self.url, "template0") as url:
                yield url.render_as_string(hide_password=False)
            return
        copy = self._clean.pop() if self._clean else self._copy()
        try:
            yield copy.url.render_as_string(hide_password=False)
        finally:
            if copy.is_clean_again(self.shape):
                self._clean.append(copy)
            else:
                copy.connection.close()

    @contextmanager
    def copy_of(self, database: str) -> Iterator[str]:
        """A copy with all rows. No session can be connected to the original."""
        with _database(self.url, database) as url:
            yield url.render_as_string(hide_password=False)

    def _copy(self) -> _Migrated:
        """Is dropped after all tests."""
        url = self._until_end.enter_context(_database(self.url, self.migrated))
        return _Migrated(url, self._until_end.enter_context(_connection(url)))

    def run(self, statement: str) -> None:
        _run(self.url, statement)


def without_password(url: URL) -> URL:
    """URL.set ignores None."""
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Skips the test if PostgreSQL is not installed."""
    with some_server() as server:
        if server is None:
            pytest.skip(INSTALL)
        yield server


@contextmanager
def some_server() -> Iterator[Server | None]:
    """None if PostgreSQL is not installed."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        with _prepared(make_url(given).set(drivername="postgresql+psycopg")) as server:
            yield server
    elif programs := _programs():
        with _started(programs) as url, _prepared(url) as server:
            yield server
    else:
        yield None


@contextmanager
def _prepared(url: URL) -> Iterator[Server]:
    with _database(url, "template0") as migrated, ExitStack() as until_end:
        open_store(migrated.render_as_string(hide_password=False)).close()
        with _connection(migrated) as connection:
            shape = _shape(connection)
        yield Server(url, str(migrated.database), shape, until_end)


@contextmanager
def _database(url: URL, template: str) -> Iterator[URL]:
    name = f"ecr_clean_{uuid4().hex}"
    _run(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield url.set(database=name)
    finally:
        _run(url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: URL, statement: str) -> None:
    with _connection(url) as connection:
        connection.exec_driver_sql(statement)


def _connection(url: URL) -> Connection:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect()


def _shape(connection: Connection) -> str:
    return str(connection.exec_driver_sql(_SHAPE).scalar_one())


def _programs() -> Path | None:
    """The programs of the newest version that Debian's packages installed."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def _started(programs: Path) -> Iterator[URL]:
    """Starts a server on a socket in a private folder."""
    user = unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="ecr-clean-", dir=_roomy_memory()))
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command: list[str | Path] = [programs / program, "-D", folder / "data", *arguments]
        subprocess.run(
            command, check=True, cwd=folder, user=user, stdout=subprocess.DEVNULL, timeout=60
        )

    options = ["listen_addresses=", f"unix_socket_directories={folder}", *WITHOUT_CARE]
    try:
        run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        _ask_others_for_passwords(folder / "data" / "pg_hba.conf")
        told = " ".join(f"-c {option}" for option in options)
        run("pg_ctl", "start", "--wait", f"--log={folder / 'log'}", f"--options={told}")
        try:
            yield URL.create(
                "postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)}
            )
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


def _ask_others_for_passwords(rules: Path) -> None:
    """Only postgres connects without. PostgreSQL uses only the first rule that matches."""
    first = "local all postgres trust\nlocal all all scram-sha-256\n"
    rules.write_text(first + rules.read_text())


def _roomy_memory() -> Path | None:
    """Creating databases is five times faster in memory. None if there is no space."""
    has_room = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM
    return IN_MEMORY if has_room and os.access(IN_MEMORY, os.W_OK) else None


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root. None if the tests do not run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
