"""What earlier scans of usage saw in use."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import StatementError

from bot.core.last_use import LastUse, ScanPlace, SeenUses
from bot.store import usage_history
from bot.store.store import Store
from tests.store.support import PLACE
from tests.support import NOW

DAY = timedelta(days=1)
HERE, THERE = (PLACE, "team/api"), (PLACE, "team/web")
ECS, LAMBDA = ScanPlace("ecs", "here"), ScanPlace("lambda", "here")
FIRST, SECOND = LastUse(NOW - DAY, ("ECS prod/api",)), LastUse(NOW, ("Lambda f", "Lambda g"), 4)


def test_the_last_use_counts_in_any_order(store: Store) -> None:
    later = SeenUses({"sha256:a": SECOND}, {HERE: {"1.0": SECOND}})
    earlier = SeenUses({"sha256:a": FIRST, "sha256:b": FIRST}, {HERE: {"1.0": FIRST, "1.1": FIRST}})
    store.record_usage(later, [ECS], NOW)
    store.record_usage(earlier, [ECS, LAMBDA], NOW - DAY)
    assert store.last_uses(["sha256:a", "sha256:b", "sha256:c"]) == {
        "sha256:a": SECOND,
        "sha256:b": FIRST,
    }
    assert store.last_uses_of_tags([HERE]) == {"1.0": SECOND, "1.1": FIRST}
    assert store.usage_scans(NOW - 2 * DAY) == {ECS: [NOW - DAY, NOW], LAMBDA: [NOW - DAY]}
    assert store.usage_scans(NOW - DAY) == {ECS: [NOW]}


def test_tags_of_several_repositories(store: Store) -> None:
    store.record_usage(
        SeenUses({}, {HERE: {"1": FIRST}, THERE: {"1": SECOND, "2": FIRST}}), [], NOW
    )
    assert store.last_uses_of_tags([HERE, THERE]) == {"1": SECOND, "2": FIRST}
    assert store.last_uses_of_tags([HERE]) == {"1": FIRST}


def test_a_scan_that_is_recorded_twice_counts_once(store: Store) -> None:
    for _ in range(2):
        store.record_usage(SeenUses({"sha256:a": FIRST}, {}), [ECS], NOW)
    assert store.usage_scans(NOW - DAY) == {ECS: [NOW]}


def test_old_uses_and_scans_are_forgotten(store: Store) -> None:
    seen = SeenUses({"sha256:a": FIRST, "sha256:b": SECOND}, {HERE: {"1": FIRST, "2": SECOND}})
    store.record_usage(seen, [ECS], NOW - DAY)
    store.record_usage(SeenUses({}, {}), [ECS], NOW)
    store.forget_usage(NOW)
    assert store.last_uses(["sha256:a", "sha256:b"]) == {"sha256:b": SECOND}
    assert store.last_uses_of_tags([HERE]) == {"2": SECOND}
    assert store.usage_scans(NOW - 9 * DAY) == {ECS: [NOW]}


def test_half_a_scan_does_not_count_as_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the worker were killed in the middle."""
    monkeypatch.setattr(usage_history, "USES_A_TRANSACTION", 1)
    digests = [f"sha256:{name}" for name in "abc"]
    good = dict.fromkeys(digests, FIRST)
    bad = {HERE: {"1": FIRST._replace(at=NOW.replace(tzinfo=None))}}
    with pytest.raises(StatementError, match="no time zone"):
        store.record_usage(SeenUses(good, bad), [ECS], NOW)
    assert store.last_uses(digests) == good
    assert store.usage_scans(NOW - DAY) == {}
