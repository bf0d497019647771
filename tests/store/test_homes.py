"""Home tabs that users opened, and the last event that they show."""

from datetime import timedelta

from bot.store.store import Store
from tests.store.support import event
from tests.support import NOW

LATER, LONG_AGO = NOW + timedelta(minutes=1), NOW - timedelta(days=1)


def behind(store: Store, limit: int = 9) -> list[str]:
    return list(store.homes_behind(LONG_AGO, LATER, limit))


def shown(store: Store, user: str) -> None:
    store.open_home(user, NOW)
    store.mark_home_shown(user, store.last_event_number(), NOW)


def test_an_opened_tab_is_behind_until_it_is_shown(store: Store) -> None:
    assert store.last_event_number() == 0
    store.open_home("U1", NOW)
    assert behind(store) == ["U1"]
    store.mark_home_shown("U1", store.last_event_number(), NOW)
    assert behind(store) == []


def test_a_new_event_leaves_tabs_behind(store: Store) -> None:
    shown(store, "U1")
    store.record(event())
    assert store.last_event_number() > 0
    assert behind(store) == ["U1"]
    shown(store, "U1")
    assert behind(store) == []


def test_tabs_that_waited_longest_come_first(store: Store) -> None:
    shown(store, "U1")
    shown(store, "U2")
    store.mark_home_shown("U1", 0, NOW + timedelta(seconds=1))
    store.record(event())
    store.open_home("U3", NOW)
    assert behind(store) == ["U3", "U2", "U1"]
    assert behind(store, limit=1) == ["U3"]


def test_tabs_shown_recently_or_opened_long_ago_are_left_out(store: Store) -> None:
    shown(store, "U1")
    store.record(event())
    assert list(store.homes_behind(LONG_AGO, NOW, 9)) == []
    assert list(store.homes_behind(LATER, LATER, 9)) == []


def test_a_tab_that_could_not_be_shown_is_behind(store: Store) -> None:
    shown(store, "U1")
    store.mark_home_shown("U1", None, NOW)
    assert behind(store) == ["U1"]
