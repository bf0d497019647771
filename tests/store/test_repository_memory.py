"""Reads of the bot and known subjects, in the manifest cache and in the store of all replicas."""

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest

from bot.core.pull_times import BotRead, TimeSpan
from bot.core.repository import RepositoryId
from bot.ports import RepositoryMemory
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store, open_store
from tests.store.support import HERE, THERE
from tests.support import NOW

FIRST = BotRead(NOW + timedelta(microseconds=1), NOW - timedelta(days=20))
SECOND = BotRead(NOW + timedelta(hours=1), None)


@pytest.fixture(params=["cache", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def memory(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RepositoryMemory]:
    if kind == "cache":
        with SqliteManifestCache(tmp_path / "manifests.db") as cache:
            yield cache
    else:
        yield request.getfixturevalue("store")


@pytest.fixture
def replicas(store: Store, url: str) -> Iterator[tuple[Store, Store]]:
    with open_store(url) as other:
        yield store, other


def test_an_empty_memory(memory: RepositoryMemory) -> None:
    assert memory.bot_reads(HERE) == {}
    assert memory.subjects_seen(HERE) == frozenset()


def test_every_read_is_returned(memory: RepositoryMemory) -> None:
    memory.add_bot_reads(HERE, {"sha256:1": FIRST, "sha256:2": FIRST})
    memory.add_bot_reads(HERE, {"sha256:1": SECOND})
    assert reads(memory) == {"sha256:1": [FIRST, SECOND], "sha256:2": [FIRST]}


def test_a_read_is_stored_once(memory: RepositoryMemory) -> None:
    elsewhere = timezone(timedelta(hours=5))
    memory.add_bot_reads(HERE, {"sha256:1": FIRST})
    memory.add_bot_reads(HERE, {"sha256:1": FIRST._replace(at=FIRST.at.astimezone(elsewhere))})
    memory.add_bot_reads(HERE, {"sha256:1": FIRST._replace(pulled_before=None)})
    assert reads(memory) == {"sha256:1": [FIRST]}


def test_reads_of_some_digests(memory: RepositoryMemory) -> None:
    memory.add_bot_reads(HERE, {"sha256:1": FIRST, "sha256:2": FIRST})
    memory.add_bot_reads(THERE, {"sha256:3": FIRST})
    assert memory.bot_reads(HERE, ["sha256:2", "sha256:3"]) == {"sha256:2": [FIRST]}
    assert memory.bot_reads(HERE, []) == {}


def test_subjects_are_returned(memory: RepositoryMemory) -> None:
    memory.add_subjects_seen(HERE, iter(["sha256:2", "sha256:1"]))
    memory.add_subjects_seen(HERE, ["sha256:1", "sha256:3", "sha256:3"])
    assert memory.subjects_seen(HERE) == {"sha256:1", "sha256:2", "sha256:3"}


def test_repositories_are_independent(memory: RepositoryMemory) -> None:
    memory.add_bot_reads(HERE, {"sha256:1": FIRST})
    memory.add_subjects_seen(HERE, ["sha256:9"])
    assert memory.bot_reads(THERE) == {}
    assert memory.subjects_seen(THERE) == frozenset()


def test_empty_additions(memory: RepositoryMemory) -> None:
    memory.add_bot_reads(HERE, {})
    memory.add_subjects_seen(HERE, [])
    assert memory.bot_reads(HERE) == {}
    assert memory.subjects_seen(HERE) == frozenset()


@pytest.mark.parametrize("number", [2_001, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_large_repository(memory: RepositoryMemory, number: int) -> None:
    many = {
        f"sha256:{each:064}": BotRead(NOW, datetime.fromtimestamp(each, UTC))
        for each in range(number)
    }
    memory.add_bot_reads(HERE, many)
    memory.add_subjects_seen(HERE, many)
    assert reads(memory) == {digest: [read] for digest, read in many.items()}
    assert memory.bot_reads(HERE, [*many]) == memory.bot_reads(HERE)
    assert memory.subjects_seen(HERE) == many.keys()


def test_replicas_know_each_others_reads(replicas: tuple[Store, Store]) -> None:
    one, other = replicas
    one.add_bot_reads(HERE, {"sha256:1": FIRST})
    other.add_bot_reads(HERE, {"sha256:1": SECOND})
    one.add_subjects_seen(HERE, ["sha256:8"])
    other.add_subjects_seen(HERE, ["sha256:9"])
    assert reads(one) == reads(other) == {"sha256:1": [FIRST, SECOND]}
    assert one.subjects_seen(HERE) == other.subjects_seen(HERE) == {"sha256:8", "sha256:9"}


def test_simultaneous_writes_of_replicas_cause_no_deadlock(
    replicas: tuple[Store, Store],
) -> None:
    digests = [f"sha256:{number}" for number in range(300)]
    start = Barrier(8)

    def remember(number: int) -> None:
        mine = random.Random(number).sample(digests, len(digests))
        start.wait(60)
        replicas[number % 2].add_bot_reads(HERE, dict.fromkeys(mine, FIRST))
        replicas[number % 2].add_subjects_seen(HERE, mine)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(remember, range(8)))
    assert reads(replicas[0]) == {digest: [FIRST] for digest in digests}
    assert replicas[1].subjects_seen(HERE) == set(digests)


def test_the_recorded_times_of_a_read_are_stored_once(memory: RepositoryMemory) -> None:
    """A later write without these times, as by a replica, does not remove them."""
    span = TimeSpan(NOW, NOW + timedelta(seconds=2))
    ended = FIRST._replace(recorded=span)
    later = FIRST._replace(recorded=TimeSpan(NOW, NOW + timedelta(days=1)))
    for read in (FIRST, ended, FIRST, later):
        memory.add_bot_reads(HERE, {"sha256:1": read})
    assert memory.bot_reads(HERE) == {"sha256:1": [ended]}


def reads(memory: RepositoryMemory, repository: RepositoryId = HERE) -> Mapping[str, list[BotRead]]:
    """Sorted by time."""
    return {digest: sorted(found) for digest, found in memory.bot_reads(repository).items()}
