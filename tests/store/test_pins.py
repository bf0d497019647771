"""Pins are added, replaced and removed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.records import AuditEventName, PinRemoval, RepositoryPin, StoreChange
from bot.store.store import Store
from tests.store.support import THERE, event, pin
from tests.support import NOW

SHORT = pin("1.0", until=NOW + timedelta(days=1))


def add(store: Store, *pins: RepositoryPin) -> None:
    assert store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=pins))


def remove(store: Store, *pins: RepositoryPin) -> bool:
    return store.commit(StoreChange([event(AuditEventName.UNPINNED)], pins_removed=pins))


def test_pins_are_sorted_by_repository_and_text(store: Store) -> None:
    pins = [pin("b"), pin("*-rc"), pin("a", THERE), pin("B")]
    add(store, *pins)
    assert store.pins() == [pin("*-rc"), pin("B"), pin("b"), pin("a", THERE)]
    assert store.pins(THERE.uri) == [pin("a", THERE)]
    assert store.pins("elsewhere") == []


def test_an_expired_pin_is_still_listed(store: Store) -> None:
    gone = pin("1.0", until=NOW - timedelta(days=1))
    add(store, gone)
    assert store.pins() == [gone]


def test_expired_pins(store: Store) -> None:
    over = pin("a", THERE, until=NOW)
    others = [pin("b"), pin("c", until=NOW + timedelta(seconds=1))]
    assert store.commit(StoreChange([event()], pins_added=[over, *others]))
    assert store.expired_pins(NOW) == [over]


def test_a_pin_is_replaced_by_one_with_the_same_text(store: Store) -> None:
    add(store, SHORT)
    longer = pin("1.0", by="bob", reason="longer", until=None)
    change = StoreChange([event()], pins_added=[longer], pins_removed=[SHORT])
    assert store.commit(change)
    assert store.pins() == [longer]


def test_an_unknown_pin_is_not_overwritten(store: Store) -> None:
    add(store, SHORT)
    longer = pin("1.0", by="bob", reason="longer", until=None)
    assert not store.commit(StoreChange([event()], pins_added=[pin("0.9"), longer, pin("2.0")]))
    assert store.pins() == [SHORT]
    assert [each.event for each in store.events()] == [AuditEventName.PINNED]


@pytest.mark.parametrize("kept", [SHORT, pin("1.0")])
def test_a_pin_is_removed_once(store: Store, kept: RepositoryPin) -> None:
    add(store, kept)
    assert remove(store, kept)
    assert not remove(store, kept)
    assert store.pins() == []
    assert [each.event for each in store.events()] == [
        AuditEventName.PINNED,
        AuditEventName.UNPINNED,
    ]


@pytest.mark.parametrize(
    "other",
    [{"by": "bob"}, {"reason": "another"}, {"until": None}, {"until": NOW + timedelta(days=2)}],
)
def test_a_replaced_pin_is_not_removed(store: Store, other: dict[str, Any]) -> None:
    replaced = replace(SHORT, pin=replace(SHORT.pin, **other))
    add(store, replaced)
    assert not remove(store, SHORT)
    assert store.pins() == [replaced]


def test_a_pin_that_was_set_again_is_not_removed(store: Store) -> None:
    again = replace(SHORT, made_at=NOW + timedelta(seconds=1))
    add(store, again)
    assert not remove(store, SHORT)
    assert store.pins() == [again]


def test_all_pins_are_removed_or_none(store: Store) -> None:
    add(store, pin("a"), pin("b"))
    assert not remove(store, pin("a"), pin("c"))
    assert store.pins() == [pin("a"), pin("b")]
    assert remove(store, pin("b"), pin("a"))


def test_expiring_pins_are_announced_once(store: Store) -> None:
    lasting = pin("1.1", until=NOW + timedelta(days=2))
    add(store, SHORT, lasting, pin("1.2"))
    tomorrow = NOW + timedelta(days=1)
    assert store.pins_to_warn_of(tomorrow) == [SHORT]
    assert store.mark_warned(SHORT, NOW)
    assert not store.mark_warned(SHORT, NOW)
    assert store.pins_to_warn_of(tomorrow) == []
    assert store.mark_warned(SHORT, None)
    assert store.pins_to_warn_of(tomorrow) == [SHORT]


def test_a_replacing_pin_is_announced_again(store: Store) -> None:
    add(store, SHORT)
    assert store.mark_warned(SHORT, NOW)
    longer = pin("1.0", until=NOW + timedelta(days=31))
    assert store.commit(StoreChange([event()], pins_removed=[SHORT], pins_added=[longer]))
    assert not store.mark_warned(SHORT, None)
    assert store.pins_to_warn_of(NOW + timedelta(days=31)) == [longer]


# removals by other people than the author


def test_a_removal_is_stored(store: Store) -> None:
    lasting = pin("1.1", THERE)
    add(store, SHORT, lasting)
    removals = [PinRemoval(SHORT, "bob", NOW), PinRemoval(SHORT, "cat", NOW + timedelta(hours=1))]
    elsewhere = PinRemoval(lasting, "bob", NOW)
    change = StoreChange([event()], pins_removed=[SHORT, lasting], removals=[*removals, elsewhere])
    assert store.commit(change)
    assert store.pins() == []
    assert store.pin_removals(SHORT.repository) == removals
    assert store.pin_removals(THERE.uri) == [elsewhere]


def test_a_stored_removal_is_not_changed(store: Store) -> None:
    first = PinRemoval(SHORT, "bob", NOW)
    for each in (first, replace(first, at=NOW + timedelta(hours=1))):
        assert store.commit(StoreChange([event()], removals=[each]))
    assert store.pin_removals(SHORT.repository) == [first]


def test_a_refused_removal_is_not_stored(store: Store) -> None:
    change = StoreChange([event()], pins_removed=[SHORT], removals=[PinRemoval(SHORT, "bob", NOW)])
    assert not store.commit(change)
    assert store.pin_removals(SHORT.repository) == []


def test_a_pin_whose_reason_now_looks_like_a_secret_is_removed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored by an older version, or by a process with other secrets."""
    add(store, pin("1.0", reason="it runs with hunter2-hunter2"))
    monkeypatch.setenv("PGPASSWORD", "hunter2-hunter2")
    (stored,) = store.pins()
    removal = PinRemoval(stored, "bob", NOW)
    assert store.commit(StoreChange([event()], pins_removed=[stored], removals=[removal]))
    assert store.pins() == []
    (known,) = store.pin_removals(stored.repository)
    assert known.pin.pin.reason == "it runs with ***"
