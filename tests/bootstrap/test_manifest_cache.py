"""Replicas share reads and subjects through the store. Each has its own manifest cache."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.storage import SharedManifestCache, find_store, open_storage
from bot.bootstrap.storage import open_store as make_store
from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.pull_times import BotRead
from bot.playground.aws import AwsStandIn
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store, open_store
from bot.usecases.inventory import InventoryTaker
from tests.store.support import HERE
from tests.support import NOW, Shelf

HOUR = timedelta(hours=1)
EARLIER, LATER = BotRead(NOW - HOUR, None), BotRead(NOW, NOW - timedelta(days=20))
INDEX = {"sha256:1": ManifestContent(OCI_INDEX)}
PullTimeOn = Callable[[str], datetime | None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def shared(store: Store, cache: SqliteManifestCache) -> SharedManifestCache:
    return SharedManifestCache(store, cache)


def test_contents_are_kept_on_this_machine(
    shared: SharedManifestCache, cache: SqliteManifestCache
) -> None:
    shared.add_contents(INDEX)
    assert shared.contents(["sha256:1", "sha256:2"]) == cache.contents(["sha256:1"]) == INDEX


def test_reads_of_store_and_cache_are_joined(
    shared: SharedManifestCache, store: Store, cache: SqliteManifestCache
) -> None:
    store.add_bot_reads(HERE, {"sha256:1": EARLIER, "sha256:2": EARLIER})
    cache.add_bot_reads(HERE, {"sha256:1": LATER, "sha256:3": LATER})
    store.add_subjects_seen(HERE, ["sha256:8"])
    cache.add_subjects_seen(HERE, ["sha256:9"])
    reads = {digest: sorted(found) for digest, found in shared.bot_reads(HERE).items()}
    assert reads == {"sha256:1": [EARLIER, LATER], "sha256:2": [EARLIER], "sha256:3": [LATER]}
    assert shared.subjects_seen(HERE) == {"sha256:8", "sha256:9"}


def test_only_the_requested_reads_are_copied_to_the_store(
    shared: SharedManifestCache, store: Store, cache: SqliteManifestCache
) -> None:
    for read in (EARLIER, LATER):
        cache.add_bot_reads(HERE, dict.fromkeys(("sha256:1", "sha256:2"), read))
    assert shared.bot_reads(HERE, ["sha256:1"]).keys() == {"sha256:1"}
    assert store.bot_reads(HERE).keys() == {"sha256:1"}
    assert sorted(store.bot_reads(HERE)["sha256:1"]) == [EARLIER, LATER]


def test_new_reads_are_in_store_and_cache(
    shared: SharedManifestCache, store: Store, cache: SqliteManifestCache
) -> None:
    shared.add_bot_reads(HERE, {"sha256:1": LATER})
    shared.add_subjects_seen(HERE, iter(["sha256:9"]))
    for memory in (shared, store, cache):
        assert memory.bot_reads(HERE) == {"sha256:1": [LATER]}
        assert memory.subjects_seen(HERE) == {"sha256:9"}


@pytest.fixture
def pull_time_on(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry, monkeypatch: pytest.MonkeyPatch
) -> PullTimeOn:
    """The pull time of `a` in an inventory on this machine."""
    aws.world.clock.set(NOW)

    def take(machine: str) -> datetime | None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(Path.cwd() / machine))
        with open_storage() as memory:
            taker = InventoryTaker(registry, memory.manifests, aws.world.clock.now, lambda *_: None)
            (manifest,) = taker.take(shelf.id).manifests
        return manifest.pulled_at

    return take


def test_replicas_do_not_take_each_others_reads_for_pulls(
    aws: AwsStandIn, shelf: Shelf, pull_time_on: PullTimeOn
) -> None:
    shelf.image("a", pulled=20)
    make_store().close()
    pulled_at = shelf.pulled_at("a")
    for machine in ("one", "another", "a third", "one"):
        assert pull_time_on(machine) == pulled_at
        aws.world.clock.advance(HOUR)
    assert shelf.pulled_at("a") != pulled_at


def test_another_users_pull_counts_on_every_machine(shelf: Shelf, pull_time_on: PullTimeOn) -> None:
    shelf.image("a", pulled=20)
    make_store().close()
    pull_time_on("one")
    shelf.pull("a", NOW + HOUR)
    assert pull_time_on("another") == NOW + HOUR


def test_a_cache_that_is_older_than_the_store_counts(
    aws: AwsStandIn, shelf: Shelf, pull_time_on: PullTimeOn
) -> None:
    shelf.image("a", pulled=20)
    before = shelf.pulled_at("a")
    pull_time_on("one")
    make_store().close()
    aws.world.clock.advance(HOUR)
    assert pull_time_on("one") == before


def test_an_inventory_creates_no_database(shelf: Shelf, pull_time_on: PullTimeOn) -> None:
    shelf.image("a")
    pull_time_on("one")
    assert find_store() is None
