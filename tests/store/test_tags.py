"""The last scan of tags is remembered."""

from dataclasses import replace
from datetime import timedelta

from bot.core.records import Binding, TagScan
from bot.store.store import SqlStore
from tests.store.support import HERE, THERE
from tests.support import NOW

FIRST = TagScan(NOW, {"1.0": Binding("sha256:a", None), "2.0": Binding("sha256:b", None)}, {})
SECOND = TagScan(
    NOW + timedelta(hours=1),
    {"1.0": Binding("sha256:b", NOW + timedelta(hours=1)), "3.0": Binding("sha256:b", None)},
    {"sha256:a": NOW + timedelta(hours=1)},
)


def test_a_repository_that_was_never_scanned(store: SqlStore) -> None:
    assert store.tag_scan(HERE) is None


def test_repositories_are_apart(store: SqlStore) -> None:
    store.remember_tags(HERE, FIRST)
    store.remember_tags(THERE, SECOND)
    assert store.tag_scan(HERE) == FIRST
    assert store.tag_scan(THERE) == SECOND


def test_a_later_scan_takes_the_place_of_an_earlier_one(store: SqlStore) -> None:
    store.remember_tags(HERE, FIRST)
    store.remember_tags(HERE, SECOND)
    assert store.tag_scan(HERE) == SECOND


def test_an_earlier_scan_that_comes_late_is_dropped(store: SqlStore) -> None:
    store.remember_tags(HERE, SECOND)
    store.remember_tags(HERE, FIRST)
    assert store.tag_scan(HERE) == SECOND


def test_a_scan_by_a_clock_that_was_ahead_makes_way(store: SqlStore) -> None:
    hour = timedelta(hours=1)
    store.remember_tags(HERE, replace(SECOND, at=NOW + hour + timedelta(microseconds=1)))
    store.remember_tags(HERE, FIRST)
    assert store.tag_scan(HERE) == FIRST


def test_an_empty_repository_was_scanned_too(store: SqlStore) -> None:
    store.remember_tags(HERE, TagScan(NOW, {}, {}))
    assert store.tag_scan(HERE) == TagScan(NOW, {}, {})
