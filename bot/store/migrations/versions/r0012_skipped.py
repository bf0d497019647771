"""The outcome and the audit event `spared` become `skipped`."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("UPDATE plan_items SET outcome = 'skipped' WHERE outcome = 'spared'")
    rename = {"sqlite": _rename_events_on_sqlite, "postgresql": _rename_events_on_postgresql}
    rename[op.get_bind().dialect.name]()


_RENAME_EVENTS = "UPDATE audit_events SET event = 'skipped' WHERE event = 'spared'"


def _rename_events_on_sqlite() -> None:
    """Without the trigger that refuses updates. SQLite cannot disable one."""
    op.execute("DROP TRIGGER audit_events_refuse_update")
    op.execute(_RENAME_EVENTS)
    op.execute(
        "CREATE TRIGGER audit_events_refuse_update BEFORE UPDATE ON audit_events "
        "BEGIN SELECT RAISE(ABORT, 'audit events stay as they are'); END"
    )


def _rename_events_on_postgresql() -> None:
    """Without the trigger that refuses updates."""
    op.execute("ALTER TABLE audit_events DISABLE TRIGGER audit_events_refuse")
    op.execute(_RENAME_EVENTS)
    op.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_events_refuse")
