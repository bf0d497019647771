"""A repository to clean, an approved plan, and a database that several workers share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.store import SqlStore, open_store
from tests.cli.remembered import LOOKED_AT
from tests.postgres import Server
from tests.support import Run, Shelf

SETTINGS = f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"


@pytest.fixture
def shared_store(
    postgresql: Server, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqlStore]:
    """On PostgreSQL, where everybody finds it by DATABASE_URL. Who freezes in a transaction is
    thrown out soon."""
    del environment
    monkeypatch.setenv("PGOPTIONS", "-c idle_in_transaction_session_timeout=2s")
    with postgresql.database(migrated=True) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        with open_store(url) as opened:
            yield opened


@pytest.fixture
def builds(shelf: Shelf, settings_file: Callable[[str], Path]) -> Shelf:
    """1,000 builds, and ten more that stay."""
    settings_file(SETTINGS)
    for number in range(1010):
        shelf.image(f"1.{number}", age=100 - number / 100)
    return shelf


@pytest.fixture
def due(shared_store: SqlStore, run: Run, builds: Shelf) -> str:
    """The id of a plan that deletes 1,000 builds, is approved, and may begin."""
    plan = str(run("propose", builds.id.name, "--format", "json").plan["plan"])
    assert run("approve", plan, "--confirm", builds.id.name).status == 0
    assert shared_store.plan(plan)
    return plan
