"""The database and the manifest cache, and their folders, can be read by their owner alone."""

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
def _lavish() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(file: Path) -> Mapping[str, int]:
    """Of the file and its like, and of its folder."""
    beside = {each.name: each for each in file.parent.iterdir()} | {"folder": file.parent}
    return {name: path.stat().st_mode & 0o777 for name, path in beside.items()}


def private(name: str) -> Mapping[str, int]:
    return {f"{name}{end}": 0o600 for end in FILES} | {"folder": 0o700}


def old(file: Path) -> Path:
    """As an earlier version left it: readable by all, and not closed."""
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


def test_the_state_folder_that_the_url_names(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = old(environment / "state" / "ecr-clean" / "other.db")
    monkeypatch.setenv("DATABASE_URL", sqlite_url(file))
    with open_store():
        assert modes(file) == private(file.name)


def test_a_folder_of_somebodys_own_keeps_its_mode(tmp_path: Path) -> None:
    """It may be a home folder, or hold what others read."""
    file = old(tmp_path / "shared" / "store.db")
    neighbour = file.with_name("neighbour")
    neighbour.touch(0o644)
    with open_store_at(sqlite_url(file)):
        assert modes(file) == {**private(file.name), "folder": 0o755, neighbour.name: 0o644}
