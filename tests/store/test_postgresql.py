"""PostgreSQL: connection errors, which never show the password."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text

from bot.core.errors import ServiceError
from bot.core.records import StoreChange
from bot.store.store import open_store
from tests.postgres import STRANGER, Server, without_password
from tests.store.support import SECRET, let_in, pin, propose
from tests.store.test_open_database import assert_is_told_in_secret

CONNECT = "check that it runs, and check host, database, user and password in DATABASE_URL (or "


@pytest.fixture(params=["postgresql"])
def kind() -> str:
    return "postgresql"


def test_no_server_is_an_error() -> None:
    refuses(
        URL.create("postgresql", "ann", SECRET, "127.0.0.1", 1, "plans"),
        "The database plans on 127.0.0.1 cannot be used (",
        CONNECT,
    )


def test_a_wrong_password_is_an_error(postgresql: Server) -> None:
    refuses(postgresql.url.set(username=STRANGER, password=SECRET), "failed", CONNECT)


@pytest.mark.parametrize("in_file", [False, True])
def test_the_password_apart_from_the_url(
    stranger: URL, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_file: bool
) -> None:
    """In PGPASSWORD, as ECS injects a key of a secret, or in a file that PGPASSFILE names."""
    database = make_url(empty_url).database
    let_in(stranger, empty_url)
    reached = without_password(stranger.set(database=database))
    if in_file:
        file = tmp_path / "pgpass"
        file.write_text(f"*:*:{database}:{stranger.username}:{SECRET}\n")
        file.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(file))
    else:
        refuses(reached, "no password supplied", CONNECT)
        monkeypatch.setenv("PGPASSWORD", SECRET)
    with open_store(reached.render_as_string()) as store:
        made = propose(store)
        assert list(store.plans()) == [made]


def test_the_password_of_the_url_wins(
    stranger: URL, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(stranger, empty_url)
    monkeypatch.setenv("PGPASSWORD", "wrong")
    reached = stranger.set(database=make_url(empty_url).database)
    open_store(reached.render_as_string(hide_password=False)).close()


def test_a_wrong_password_apart_from_the_url_is_not_shown(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    refuses(without_password(postgresql.url.set(username=STRANGER)), "failed", CONNECT)


@pytest.mark.parametrize("name", ["PGSSLMODE", "PGSSLNEGOTIATION"])
def test_variables_of_libpq_apply(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "nonsense")
    refuses(make_url(url), 'value: "nonsense"', CONNECT)


def test_a_missing_database_is_an_error(postgresql: Server) -> None:
    refuses(postgresql.url.set(database="nowhere"), '"nowhere" does not exist', CONNECT)


def test_an_unknown_option_is_an_error(postgresql: Server) -> None:
    options = {**postgresql.url.query, "password": SECRET, "nonsense": "1"}
    refuses(postgresql.url.set(query=options), "nonsense", CONNECT)


def test_missing_privileges_are_an_error(empty_url: str, stranger: URL) -> None:
    database = make_url(empty_url).database
    with open_store(empty_url) as store, store._database.writing() as session:
        session.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    refuses(stranger.set(database=database), "permission denied", "grant the user of DATABASE_URL")


def test_a_read_only_database_is_an_error(url: str) -> None:
    with open_store(url) as store:
        with store._database.writing() as session:
            name = make_url(url).database
            session.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        store.close()
        with pytest.raises(ServiceError, match="Set DATABASE_URL to the primary"):
            propose(store)


def test_a_missing_driver_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    refuses(
        URL.create("postgresql", "ann", SECRET, "127.0.0.1", 1, "plans"),
        "PostgreSQL needs a driver",
        "pip install 'ecr-clean[postgresql]'",
    )


def test_a_server_in_another_time_zone(url: str) -> None:
    with open_store(url) as store, store._database.writing() as session:
        name = make_url(url).database
        session.execute(text(f"ALTER DATABASE {name} SET timezone = 'Pacific/Kiritimati'"))
    last = pin("1.0", until=datetime(9999, 12, 31, 20, tzinfo=UTC))
    with open_store(url) as store:
        assert store.commit(StoreChange([], pins_added=[last]))
        assert store.pins() == [last]


@pytest.mark.parametrize("by_variable", [True, False])
def test_options_of_the_url_apply(
    url: str, monkeypatch: pytest.MonkeyPatch, *, by_variable: bool
) -> None:
    own = "-c work_mem=5MB"
    if by_variable:
        monkeypatch.setenv("PGOPTIONS", own)
    else:
        url = (
            make_url(url).update_query_dict({"options": own}).render_as_string(hide_password=False)
        )
    with open_store(url) as store, store._database.reading() as session:
        assert session.scalar(text("SHOW work_mem")) == "5MB"
        assert session.scalar(text("SHOW timezone")) == "UTC"


def test_a_process_frozen_in_a_transaction_does_not_block_others_forever(url: str) -> None:
    with open_store(url) as store, store._database.reading() as session:
        assert session.scalar(text("SHOW lock_timeout")) == "30s"
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"


def test_a_lost_connection_is_replaced(url: str, postgresql: Server) -> None:
    with open_store(url) as store:
        made = propose(store)
        postgresql.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{make_url(url).database}'"
        )
        assert list(store.plans()) == [made]


def refuses(url: URL, *said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        open_store(url.render_as_string(hide_password=False))
    for words in said:
        assert words in str(caught.value)
    assert_is_told_in_secret(caught.value)
