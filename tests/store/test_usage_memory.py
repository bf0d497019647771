"""What each source listed last: the manifest cache and the store remember it alike."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import Listed, UsageMemory
from bot.store.manifest_cache import SqliteManifestCache
from tests.support import NOW

MANY, FEW = Listed(10, NOW - timedelta(days=1)), Listed(2, NOW)


@pytest.fixture(params=["cache", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def memory(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[UsageMemory]:
    if kind == "cache":
        with SqliteManifestCache(tmp_path / "manifests.db") as cache:
            yield cache
    else:
        yield request.getfixturevalue("store")


def test_nothing_is_known_at_first(memory: UsageMemory) -> None:
    assert memory.last_listed("ecs", "here") is None
    assert list(memory.doubted()) == []
    assert memory.confirm("ecs", "here") is None


def test_what_is_believed_is_told(memory: UsageMemory) -> None:
    memory.believe("ecs", "here", MANY)
    memory.believe("ecs", "there", FEW)
    assert memory.last_listed("ecs", "here") == MANY
    assert memory.last_listed("ecs", "there") == FEW
    assert memory.last_listed("lambda", "here") is None


def test_the_last_word_counts(memory: UsageMemory) -> None:
    memory.believe("ecs", "here", MANY)
    memory.believe("ecs", "here", FEW)
    assert memory.last_listed("ecs", "here") == FEW


def test_what_is_in_doubt_is_not_believed(memory: UsageMemory) -> None:
    memory.believe("ecs", "here", MANY)
    memory.doubt("ecs", "here", Listed(3, NOW))
    memory.doubt("ecs", "here", FEW)
    assert memory.last_listed("ecs", "here") == MANY
    assert list(memory.doubted()) == [("ecs", "here")]


def test_what_is_confirmed_is_believed(memory: UsageMemory) -> None:
    memory.believe("ecs", "here", MANY)
    memory.doubt("ecs", "here", FEW)
    assert memory.confirm("ecs", "here") == FEW
    assert memory.last_listed("ecs", "here") == FEW
    assert memory.confirm("ecs", "here") is None


def test_what_is_believed_ends_all_doubt(memory: UsageMemory) -> None:
    memory.doubt("ecs", "here", FEW)
    memory.believe("ecs", "here", MANY)
    assert list(memory.doubted()) == []


def test_doubts_are_told_in_order(memory: UsageMemory) -> None:
    for source, scope in [("lambda", "b"), ("ecs", "b"), ("lambda", "B"), ("ecs", "a")]:
        memory.doubt(source, scope, FEW)
    assert list(memory.doubted()) == [
        ("ecs", "a"),
        ("ecs", "b"),
        ("lambda", "B"),
        ("lambda", "b"),
    ]
