"""Blocks that a workspace refused are remembered."""

from datetime import timedelta

from bot.store.store import Store
from tests.support import NOW

HOUR = timedelta(hours=1)


def test_the_last_refusal_counts(store: Store) -> None:
    assert not store.was_block_refused("T1", "chart", NOW - HOUR)
    store.record_refused_block("T1", "chart", NOW)
    assert store.was_block_refused("T1", "chart", NOW - HOUR)
    assert not store.was_block_refused("T1", "chart", NOW)
    store.record_refused_block("T1", "chart", NOW + HOUR)
    assert store.was_block_refused("T1", "chart", NOW)


def test_workspaces_and_kinds_are_independent(store: Store) -> None:
    store.record_refused_block("T1", "chart", NOW)
    assert not store.was_block_refused("T2", "chart", NOW - HOUR)
    assert not store.was_block_refused("T1", "table", NOW - HOUR)
