"""Behind a PgBouncer that assigns a server connection to each transaction."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import URL, make_url, text

from bot.core.errors import ServiceError
from bot.core.records import StoreChange
from bot.store.store import open_store
from tests.pgbouncer import CONNECTIONS, pooler
from tests.postgres import Server, without_password
from tests.store.support import SECRET, event, let_in, pin

ROUNDS = 10
"""Transactions on one connection. psycopg would prepare a statement at its sixth execution."""


@pytest.fixture(params=["pgbouncer"])
def kind() -> str:
    return "pgbouncer"


@pytest.fixture
def any_pooler(url: str, postgresql: Server, request: pytest.FixtureRequest) -> Iterator[URL]:
    """A PgBouncer with the pool_mode of the parameter."""
    with pooler(postgresql, request.param) as reached:
        yield reached.set(database=make_url(url).database)


def test_the_password_apart_from_the_url(
    stranger: URL, empty_url: str, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In PGPASSWORD. PgBouncer asks for it."""
    let_in(stranger, empty_url)
    with pooler(replace(postgresql, url=stranger)) as reached:
        url = without_password(reached.set(database=make_url(empty_url).database))
        refuses(url, "no password supplied")
        monkeypatch.setenv("PGPASSWORD", SECRET)
        with open_store(url.render_as_string()) as store:
            store.record(event())
            assert len(list(store.events())) == 1


def test_the_tables_are_created_once(empty_url: str) -> None:
    def open_it(_: int) -> bool:
        with open_store(empty_url) as store:
            return store.is_new

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(open_it, range(4))) == [False, False, False, True]


def test_more_replicas_than_connections(url: str) -> None:
    """A prepared statement of one replica would be visible to another one."""
    replicas = 3 * CONNECTIONS
    with ExitStack() as stack:
        stores = [stack.enter_context(open_store(url)) for _ in range(replicas)]

        def work(number: int) -> None:
            for round_ in range(ROUNDS):
                stores[number].record(event(by=f"{number} {round_}"))
                assert len(list(stores[number].events())) > round_

        with ThreadPoolExecutor(replicas) as pool:
            list(pool.map(work, range(replicas)))
        assert len(list(stores[0].events())) == replicas * ROUNDS


def test_settings_last_for_one_transaction(url: str, postgresql: Server) -> None:
    database = make_url(url).database
    postgresql.run(f"ALTER DATABASE {database} SET timezone = 'Pacific/Kiritimati'")
    last = pin("1.0", until=datetime(9999, 12, 31, 20, tzinfo=UTC))
    with open_store(url) as store:
        assert store.commit(StoreChange([], pins_added=[last]))
        assert store.pins() == [last]
        with store._database.reading() as session:
            assert session.scalar(text("SHOW lock_timeout")) == "30s"
            assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"
        with store._database._engine.connect() as connection:
            connection.rollback()
            raw = connection.connection.cursor()
            raw.execute("SHOW lock_timeout")
            assert raw.fetchone() == ("0",)


@pytest.mark.parametrize("any_pooler", ["session"], indirect=True)
def test_session_pooling_works(any_pooler: URL) -> None:
    with open_store(any_pooler.render_as_string(hide_password=False)) as store:
        store.record(event())
        assert len(list(store.events())) == 1


@pytest.mark.parametrize("any_pooler", ["statement"], indirect=True)
def test_statement_pooling_is_refused(any_pooler: URL) -> None:
    refuses(any_pooler, "pool_mode transaction or session, not statement")


def test_options_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_url = make_url(url).update_query_dict({"options": "-c work_mem=5MB"})
    refuses(in_url, "refuse `options`: remove them from DATABASE_URL and PGOPTIONS")
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=5MB")
    refuses(make_url(url), "refuse `options`: remove them from DATABASE_URL and PGOPTIONS")


def refuses(url: URL, words: str) -> None:
    with pytest.raises(ServiceError) as caught:
        open_store(url.render_as_string(hide_password=False))
    assert words in str(caught.value)
