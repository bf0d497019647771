"""Where plans are shown is remembered."""

from dataclasses import replace

from bot.core.records import Message
from bot.store.store import SqlStore
from tests.store.support import THERE, propose


def test_they_are_told_oldest_first(store: SqlStore) -> None:
    plan, other = propose(store), propose(store, THERE)
    first = Message(plan.id, "C1", "1700000000.000100")
    answer = Message(plan.id, "C1", "1700000000.000200", first.ts)
    elsewhere = Message(other.id, "C1", "1700000000.000300")
    for message in (answer, elsewhere, first):
        store.remember_message(message)
    assert store.messages_of(plan.id) == [first, answer]
    assert store.messages_of("x") == []


def test_one_is_remembered_once(store: SqlStore) -> None:
    message = Message(propose(store).id, "C1", "1700000000.000100")
    store.remember_message(message)
    again = replace(message, thread="1600000000.000100")
    store.remember_message(again)
    assert store.messages_of(message.plan) == [replace(again, updates=1)]
