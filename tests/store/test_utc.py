"""Times without a zone are refused."""

from datetime import datetime

import pytest
from sqlalchemy.exc import StatementError

from bot.store.store import Store
from tests.store.support import event


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 11, 23, 12)  # noqa: DTZ001 - what is refused
    with pytest.raises(StatementError, match="2026-11-23 12:00:00 has no time zone"):
        store.record(event(at=naive))
    with pytest.raises(StatementError, match="no time zone"):
        list(store.events(naive))
