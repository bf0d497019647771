"""Test databases are emptied and reused, unless more than rows changed."""

import pytest
from sqlalchemy import make_url, text

from bot.store.store import open_store
from tests.postgres import Server
from tests.store.support import event, propose


def test_a_database_is_emptied_and_reused(postgresql: Server) -> None:
    with postgresql.database(migrated=True) as first, open_store(first) as store:
        made_at = store.made_at
        propose(store)
    with postgresql.database(migrated=True) as second, open_store(second) as store:
        assert second == first
        assert store.made_at == made_at
        assert (list(store.plans()), list(store.events())) == ([], [])
        store.record(event())
        with store._database.reading() as session:
            assert session.scalar(text("SELECT min(id) FROM audit_events")) == 1


def test_two_databases_at_the_same_time_differ(postgresql: Server) -> None:
    with postgresql.database(migrated=True) as one, postgresql.database(migrated=True) as other:
        assert one != other


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE another (id INTEGER)",
        "ALTER TABLE pins ADD COLUMN another INTEGER",
        "UPDATE alembic_version SET version_num = 'z999'",
        "UPDATE about SET made_at = '2000-01-01'",
        "GRANT ALL ON SCHEMA public TO PUBLIC",
        "GRANT SELECT ON pins TO PUBLIC",
        "ALTER DATABASE {name} SET timezone = 'Pacific/Kiritimati'",
        'INSERT INTO homes ("user", opened_at) SELECT n, now() FROM generate_series(1, 25000) AS n',
    ],
)
def test_a_database_with_another_schema_is_not_reused(postgresql: Server, change: str) -> None:
    with (
        postgresql.database(migrated=True) as changed,
        open_store(changed) as store,
        store._database.writing() as session,
    ):
        session.execute(text(change.format(name=make_url(changed).database)))
    with postgresql.database(migrated=True) as after:
        assert after != changed


def test_an_open_transaction_is_ended(postgresql: Server) -> None:
    with postgresql.database(migrated=True) as url:
        store = open_store(url)
        connection = store._database._engine.connect()
        connection.execute(text("LOCK TABLE pins"))
    with postgresql.database(migrated=True) as again:
        assert again == url
    connection.invalidate()
    store.close()
