"""Only the owner can read the database, the manifest cache, and their folders."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from bot.bootstrap.storage import open_manifest_cache, open_store
from bot.store.store import open_store as open_store_at
from tests.store.support import event, sqlite_url

FILES = ("", "-wal", "-shm")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """A umask that removes no permissions."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(file: Path) -> Mapping[str, int]:
    """The modes of the file, of files that belong to it, and of its folder."""
    beside = {each.name: each for each in file.parent.iterdir()} | {"folder": file.parent}
    return {name: path.stat().st_mode & 0o777 for name, path in beside.items()}


def private(name: str) -> Mapping[str, int]:
    return {f"{name}{end}": 0o600 for end in FILES} | {"folder": 0o700}


def old(file: Path) -> Path:
    """A file of an earlier version: readable by everyone, and still open."""
    file.parent.mkdir(mode=0o755, parents=True)
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    for end in FILES:
        path = file.with_name(file.name + end)
        path.touch()
        path.chmod(0o644)
    return file


@pytest.mark.parametrize("is_old", [False, True])
def test_the_database(environment: Path, *, is_old: bool) -> None:
    file = environment / "state" / "ecr-clean" / "ecr-clean.db"
    if is_old:
        old(file)
    with open_store() as store:
        store.record(event())
        assert modes(file) == private(file.name)


@pytest.mark.parametrize("is_old", [False, True])
def test_the_manifest_cache(environment: Path, *, is_old: bool) -> None:
    file = environment / "cache" / "ecr-clean" / "manifests.db"
    if is_old:
        old(file)
    with open_manifest_cache() as cache:
        cache.add_contents({})
        assert modes(file) == private(file.name)


def test_the_state_folder_in_the_url(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = old(environment / "state" / "ecr-clean" / "other.db")
    monkeypatch.setenv("DATABASE_URL", sqlite_url(file))
    with open_store():
        assert modes(file) == private(file.name)


def test_another_folder_keeps_its_mode(tmp_path: Path) -> None:
    """It may be a home folder, or have files that other users read."""
    file = old(tmp_path / "shared" / "store.db")
    neighbour = file.with_name("neighbour")
    neighbour.touch(0o644)
    with open_store_at(sqlite_url(file)):
        assert modes(file) == {**private(file.name), "folder": 0o755, neighbour.name: 0o644}
