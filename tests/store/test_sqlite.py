"""SQLite: processes share the file, and errors name the fix."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.core.errors import ServiceError
from bot.core.records import PlanMessage, StoreChange
from bot.store import network_file_systems, sqlite, sqlite_journal
from bot.store.store import Store, open_store
from tests.store.support import (
    approval,
    content,
    event,
    journal_of,
    mount,
    propose,
    record,
    seen,
    sqlite_url,
)


@pytest.fixture(params=["sqlite"])
def kind() -> str:
    return "sqlite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ecr-clean" / "store.db"


@pytest.fixture
def read_only(migrated_file: Path) -> Iterator[Path]:
    """A database in a folder without write access, even for root."""
    own = os.geteuid()
    with tempfile.TemporaryDirectory(prefix="ecr-clean-") as name:
        folder, file = Path(name), Path(name) / "store.db"
        shutil.copy(migrated_file, file)
        file.chmod(0o444)
        folder.chmod(0o555)
        if own == 0:
            os.seteuid(65534)
        yield file
        os.seteuid(own)
        folder.chmod(0o700)


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sqlite, sqlite_journal):
        monkeypatch.setattr(module, "WAIT_FOR_OTHERS", 0)


def test_readers_and_writers_do_not_block_each_other(store: Store) -> None:
    made = propose(store)
    with store._database.reading() as reader:
        assert reader.execute(text("SELECT count(*) FROM approvals")).scalar() == 0
        assert store.commit(approval(made, "ann"))
        assert reader.execute(text("SELECT count(*) FROM approvals")).scalar() == 0
    assert seen(store, made.id).approvals


def test_a_transaction_that_reads_and_then_writes_does_not_fail(url: str) -> None:
    """A transaction that starts as a reader could not write after another one did."""
    file = url.removeprefix("sqlite:///")
    with (
        closing(sqlite3.connect(file, timeout=0)) as other,
        open_store(url) as store,
        store._database.writing() as session,
    ):
        session.execute(text("SELECT * FROM plans"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        session.execute(text("UPDATE plans SET version = 2"))


def test_references_are_checked(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.save_message(PlanMessage("no such plan", "C1", "1.0"))


def test_the_folder_is_created(path: Path) -> None:
    with open_store(sqlite_url(path)) as store:
        assert store.is_new
    assert journal_of(path) == "wal"


@pytest.mark.parametrize(
    ("type_", "journal"), [("nfs4", "delete"), ("cifs", "delete"), ("ext4", "wal")]
)
def test_a_network_file_system_has_a_rollback_journal(
    type_: str, journal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WAL needs memory that processes share, which network file systems do not have."""
    mount(tmp_path / "a volume", type_, monkeypatch)
    file = tmp_path / "a volume" / "ecr-clean" / "store.db"
    with open_store(sqlite_url(file)) as store:
        made = propose(store)
        assert store.commit(approval(made, "ann"))
        assert journal_of(file) == journal
        assert seen(store, made.id).approvals


def test_a_file_that_moves_to_a_network_file_system_changes_its_journal(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(sqlite_url(path)) as store:
        made = propose(store)
    mount(path.parent, "nfs4", monkeypatch)
    with open_store(sqlite_url(path)) as store:
        assert journal_of(path) == "delete"
        assert seen(store, made.id).version == 1


def test_without_a_list_of_mounts_the_journal_is_wal(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_file_systems, "MOUNTS", tmp_path / "none")
    with open_store(sqlite_url(path)):
        assert journal_of(path) == "wal"


def test_a_locked_database_is_an_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    with (
        open_store(url) as store,
        closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        fails(store, "is locked", "another program locks it. Close that program")
        other.rollback()
        propose(store)


def test_a_lock_on_a_new_database_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    monkeypatch.setattr(sqlite_journal.set_journal.retry, "stop", lambda _: True)
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        refuses(path, "is locked", "another program locks it")


def test_a_full_disk_is_an_error(store: Store) -> None:
    propose(store)
    with store._database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    names = [f"{number:0999}" for number in range(100)]
    change = StoreChange(
        [event(by="lost")], after=record(id="x", state="done"), content=content(*names)
    )
    with pytest.raises(ServiceError, match="is full") as caught:
        store.commit(change)
    assert "free space on its disk" in str(caught.value)
    assert store.plan("x") is None
    assert "lost" not in {each.by for each in store.events()}


def test_another_file_is_an_error(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    refuses(path, "not a database", "restore a backup, move the file away")


def test_a_damaged_file_is_an_error(path: Path) -> None:
    with open_store(sqlite_url(path)) as store:
        propose(store)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(ServiceError, match="restore a backup"):
        open_store(sqlite_url(path))


def test_a_folder_instead_of_the_file_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    refuses(path, "unable to open database file", "give this user write access to it")


def test_a_file_instead_of_the_folder_is_an_error(path: Path) -> None:
    path.parent.write_text("")
    refuses(path, "File exists", "give this user write access to it")


def test_a_read_only_folder_is_an_error(locked_folder: Path) -> None:
    refuses(locked_folder / "ecr-clean" / "store.db", "Permission denied", "give this user write")


def test_a_read_only_file_is_an_error(read_only: Path) -> None:
    refuses(read_only, "", "give this user write access to it and its folder")


def fails(store: Store, why: str, what_to_do: str) -> None:
    with pytest.raises(ServiceError) as caught:
        store.record(event())
    assert why in str(caught.value)
    assert what_to_do in str(caught.value)
    assert list(store.events()) == []


def refuses(path: Path, why: str, what_to_do: str) -> None:
    with pytest.raises(ServiceError) as caught:
        open_store(sqlite_url(path))
    sentence = str(caught.value)
    assert sentence.startswith(f"The database {path} cannot be used (")
    assert why in sentence
    assert what_to_do in sentence
    assert "\n" not in sentence
