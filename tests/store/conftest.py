"""Every test of the store runs on SQLite and PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, make_url

from bot.store.store import Store, open_store
from tests.pgbouncer import pooler
from tests.postgres import Server
from tests.store.support import SECRET, migrated_sqlite, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without tables."""
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "store.db")
    else:
        with _server(request).database(migrated=False) as url:
            yield _reached(kind, url, request)


@pytest.fixture
def url(
    kind: str, tmp_path: Path, migrated_file: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database with empty tables."""
    if kind == "sqlite":
        yield sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))
    else:
        with _server(request).database(migrated=True) as url:
            yield _reached(kind, url, request)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "store.db"
    file.write_bytes(migrated_sqlite())
    return file


def _server(request: pytest.FixtureRequest) -> Server:
    """Started only if a test needs it."""
    server = request.getfixturevalue("postgresql")
    assert isinstance(server, Server)
    return server


@pytest.fixture(scope="session")
def pgbouncer(postgresql: Server) -> Iterator[URL]:
    with pooler(postgresql) as url:
        yield url


def _reached(kind: str, url: str, request: pytest.FixtureRequest) -> str:
    if kind != "pgbouncer":
        return url
    pooled = request.getfixturevalue("pgbouncer")
    assert isinstance(pooled, URL)
    there = pooled.set(database=make_url(url).database)
    return there.render_as_string(hide_password=False)


@pytest.fixture
def stranger(postgresql: Server) -> Iterator[URL]:
    """A user who may only connect, with a password."""
    name = f"ecr_clean_{uuid4().hex}"
    postgresql.run(f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'")
    yield postgresql.url.set(username=name, password=SECRET)
    postgresql.run(f"DROP ROLE {name}")


@pytest.fixture
def locked_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder without write access, even for root."""
    tmp_path.chmod(0o500)
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield tmp_path
    os.seteuid(own)
    tmp_path.chmod(0o700)
