"""Tags and tag history of the last scan."""

from dataclasses import replace
from datetime import timedelta

from bot.core.records import KnownTag, PastTagBinding, TagBinding, TagScan
from bot.store.store import Store
from tests.store.support import HERE, THERE, propose
from tests.support import NOW

FIRST = TagScan(NOW, {"1.0": TagBinding("sha256:a", None), "2.0": TagBinding("sha256:b", None)}, {})
SECOND = TagScan(
    NOW + timedelta(hours=1),
    {"1.0": TagBinding("sha256:b", NOW + timedelta(hours=1)), "3.0": TagBinding("sha256:b", None)},
    {"sha256:a": NOW + timedelta(hours=1)},
)


def test_a_repository_that_was_never_scanned(store: Store) -> None:
    assert store.tag_scan(HERE) is None


def test_repositories_are_independent(store: Store) -> None:
    store.save_tag_scan(HERE, FIRST)
    store.save_tag_scan(THERE, SECOND)
    assert store.tag_scan(HERE) == FIRST
    assert store.tag_scan(THERE) == SECOND


def test_a_later_scan_replaces_an_earlier_one(store: Store) -> None:
    store.save_tag_scan(HERE, FIRST)
    store.save_tag_scan(HERE, SECOND)
    assert store.tag_scan(HERE) == SECOND


def test_the_history_is_stored(store: Store) -> None:
    hours = [NOW + timedelta(hours=number) for number in range(3)]
    scan = TagScan(
        hours[2],
        {"1.0": TagBinding("sha256:b", None, came_after=hours[0], came_by=hours[1])},
        {},
        (
            PastTagBinding("1.0", "sha256:a", hours[1]),
            PastTagBinding("1.1", "sha256:a", hours[2], hours[0], hours[1]),
        ),
        known_since=NOW,
    )
    for each in (replace(scan, at=NOW, known_since=None), scan):
        store.save_tag_scan(HERE, each)
        assert store.tag_scan(HERE) == each


def test_a_late_write_of_an_earlier_scan_is_dropped(store: Store) -> None:
    store.save_tag_scan(HERE, SECOND)
    store.save_tag_scan(HERE, FIRST)
    assert store.tag_scan(HERE) == SECOND


def test_a_scan_with_a_clock_ahead_is_replaced(store: Store) -> None:
    hour = timedelta(hours=1)
    store.save_tag_scan(HERE, replace(SECOND, at=NOW + hour + timedelta(microseconds=1)))
    store.save_tag_scan(HERE, FIRST)
    assert store.tag_scan(HERE) == FIRST


def test_an_empty_repository(store: Store) -> None:
    store.save_tag_scan(HERE, TagScan(NOW, {}, {}))
    assert store.tag_scan(HERE) == TagScan(NOW, {}, {})


def test_tags_are_found_by_a_part(store: Store) -> None:
    remember(store, "1.0", "1.1", "v1_0", "RC-1", "100%")
    assert found(store, "") == ["v1_0", "RC-1", "100%", "1.1", "1.0"]
    assert found(store, "rc") == ["RC-1"]
    assert found(store, "1_") == ["v1_0"]
    assert found(store, "0%") == ["100%"]
    assert found(store, "1.", limit=1) == ["1.1"]
    assert found(store, "2") == []


def test_tags_that_the_open_plan_deletes_come_first(store: Store) -> None:
    remember(store, "new", "old", "older")
    propose(store)
    assert store.find_tags(HERE, "", 9) == [
        KnownTag("older", will_be_deleted=True),
        KnownTag("old", will_be_deleted=True),
        KnownTag("new", will_be_deleted=False),
    ]
    assert list(store.find_tags(THERE, "", 9)) == []


def test_the_typed_tag_comes_first_then_its_beginnings_then_the_newest(store: Store) -> None:
    days = {
        "1.9.0-SNAPSHOT-6": 1,
        "1.9.0": 90,
        "1.9.0-rc": 100,
        "old-1.9.0": 0,
        "1.9.0-SNAPSHOT-5": 2,
    }
    bindings = {
        tag: TagBinding(f"sha256:{tag}", None, pushed_at=NOW - timedelta(days=age), size_bytes=age)
        for tag, age in days.items()
    }
    store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    nearest = ["1.9.0", "1.9.0-SNAPSHOT-6", "1.9.0-SNAPSHOT-5", "1.9.0-rc", "old-1.9.0"]
    assert found(store, "1.9.0") == nearest
    assert found(store, "1.9.0-RC") == ["1.9.0-rc"]
    assert found(store, "")[0] == "old-1.9.0"
    assert store.find_tags(HERE, "1.9.0", 1) == [
        KnownTag("1.9.0", will_be_deleted=False, pushed_at=NOW - timedelta(days=90), size_bytes=90)
    ]


def test_a_tag_with_thousands_of_longer_neighbors_is_offered(store: Store) -> None:
    neighbors = [f"main-{number}" for number in range(3000)]
    remember(store, *neighbors, "main")
    assert found(store, "main", limit=100)[0] == "main"


def remember(store: Store, *tags: str) -> None:
    bindings = {tag: TagBinding(f"sha256:{tag}", None) for tag in tags}
    store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))


def found(store: Store, part: str, limit: int = 9) -> list[str]:
    return [known.tag for known in store.find_tags(HERE, part, limit)]


def test_all_tags_and_digests_by_prefix(store: Store) -> None:
    remember(store, "old", "older", "new")
    assert sorted(store.all_tags(HERE)) == ["new", "old", "older"]
    assert store.all_tags(THERE) == []
    assert store.find_digests(HERE, "sha256:old", 9) == ["sha256:old", "sha256:older"]
    assert store.find_digests(HERE, "sha256:", 1) == ["sha256:new"]
    assert store.find_digests(HERE, "sha256:%", 9) == []


def test_tags_of_digests(store: Store) -> None:
    bindings = {tag: TagBinding(f"sha256:{tag[0]}", None) for tag in ("b1", "b2", "a1", "c1")}
    store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    digests = ["sha256:a", "sha256:b", "sha256:x"]
    assert store.tags_of_digests(HERE.uri, digests) == {"sha256:a": "a1", "sha256:b": "b1"}
    assert store.tags_of_digests(THERE.uri, digests) == {}


def test_tags_of_referrers_come_last(store: Store) -> None:
    signature = f"sha256-{'a' * 64}.sig"
    remember(store, "1.0", signature, "0.9")
    assert found(store, "") == ["1.0", "0.9", signature]
