"""The cache of definitions: what is stored comes back, and nothing else does."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.errors import ServiceError
from bot.ports import DefinitionKey
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.usage_cache import KEPT_UNUSED, SqliteUsageCache

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PLACE = "https://ecs.eu-west-1.amazonaws.com 123456789012 in eu-west-1"
JOB = DefinitionKey(PLACE, "task-definition/job:1")
FUNCTION = DefinitionKey(PLACE, "function:f:$LATEST", "sha 2026-11-01")
STORED = {JOB: ("team/api:1", "nginx"), FUNCTION: ("team/f:1", "sha256:1")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ecr-clean" / "manifests.db"


@contextmanager
def opened(path: Path, now: datetime = NOW) -> Iterator[SqliteUsageCache]:
    with SqliteUsageCache(path, lambda: now) as cache:
        yield cache


@pytest.fixture
def filled(path: Path) -> Path:
    with opened(path) as cache:
        cache.remember(STORED)
    return path


def changed(path: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute(statement, values)
    db.close()


def test_an_empty_cache(path: Path) -> None:
    with opened(path) as cache:
        assert cache.known(STORED) == {}


def test_what_is_stored_is_known(filled: Path) -> None:
    with opened(filled) as cache:
        assert cache.known(STORED) == STORED


def test_more_keys_than_a_query_takes(path: Path) -> None:
    many = {DefinitionKey(PLACE, f"task-definition/job:{n}"): (f"job:{n}",) for n in range(1200)}
    with opened(path) as cache:
        cache.remember(many)
        assert cache.known(many) == many


@pytest.mark.parametrize(
    "other",
    [
        JOB._replace(place="http://127.0.0.1:4566 123456789012 in eu-west-1"),
        JOB._replace(place=PLACE.replace("amazonaws.com", "amazonaws.com.cn")),
        JOB._replace(name="task-definition/job:2"),
        FUNCTION._replace(fingerprint="sha 2026-11-02"),
    ],
)
def test_another_key_is_unknown(filled: Path, other: DefinitionKey) -> None:
    with opened(filled) as cache:
        assert cache.known([other]) == {}


def test_a_changed_definition_replaces_the_old_one(filled: Path) -> None:
    newer = FUNCTION._replace(fingerprint="sha 2026-11-02")
    with opened(filled) as cache:
        cache.remember({newer: ("team/f:2", "sha256:2")})
        assert cache.known([FUNCTION]) == {}
        assert cache.known([newer]) == {newer: ("team/f:2", "sha256:2")}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE definitions SET content = CAST('[\"other:1\"]' AS BLOB)",
        "UPDATE definitions SET content = 'half a'",
        "UPDATE definitions SET content = NULL",
        "UPDATE definitions SET content = x'00'",
        "UPDATE definitions SET checksum = NULL",
        "UPDATE definitions SET checksum = 7",
        "UPDATE definitions SET fingerprint = NULL",
        "UPDATE definitions SET name = name || '0'",
        "UPDATE definitions SET place = place || '0'",
    ],
)
def test_a_damaged_row_is_unknown_and_replaced(filled: Path, damage: str) -> None:
    changed(filled, damage)
    with opened(filled) as cache:
        assert cache.known(STORED) == {}
        cache.remember(STORED)
        assert cache.known(STORED) == STORED


def test_contents_of_two_keys_that_changed_places(filled: Path) -> None:
    """As a program would do that copies rows into another file."""
    other = DefinitionKey(PLACE, "task-definition/job:2")
    changed(
        filled,
        "INSERT INTO definitions SELECT place, ?, fingerprint, content, checksum, read_at, used_at "
        "FROM definitions WHERE name = ?",
        other.name,
        JOB.name,
    )
    with opened(filled) as cache:
        assert cache.known([other]) == {}


def test_definitions_that_no_scan_asks_for_are_removed(filled: Path) -> None:
    with opened(filled, NOW + timedelta(days=80)) as cache:
        cache.known([JOB])
    new = DefinitionKey(PLACE, "task-definition/job:2")
    with opened(filled, NOW + KEPT_UNUSED + timedelta(days=1)) as cache:
        cache.remember({new: ("job:2",)})
        assert cache.known([*STORED, new]).keys() == {JOB, new}


@pytest.mark.parametrize(("hours", "is_known"), [(0, True), (23, True), (24, False), (-1, False)])
def test_a_definition_with_a_lifetime(path: Path, hours: int, *, is_known: bool) -> None:
    aliases = DefinitionKey(PLACE, "aliases:f", "sha", timedelta(days=1))
    with opened(path) as cache:
        cache.remember({aliases: ("1 live",)})
    with opened(path, NOW + timedelta(hours=hours)) as cache:
        assert cache.known([aliases]) == ({aliases: ("1 live",)} if is_known else {})


def test_a_file_of_the_version_before_gets_the_table(path: Path) -> None:
    with SqliteManifestCache(path):
        pass
    changed(path, "DROP TABLE definitions")
    changed(path, "PRAGMA user_version = 2")
    with opened(path) as cache:
        cache.remember(STORED)
        assert cache.known(STORED) == STORED


def test_a_truncated_file_is_an_error(filled: Path) -> None:
    content = filled.read_bytes()
    filled.write_bytes(content[: len(content) // 2])
    with pytest.raises(ServiceError, match="delete the file"), opened(filled) as cache:
        cache.known(STORED)
