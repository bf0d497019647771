"""The first tables."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
NUMBERED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _about()
    _plans()
    _pins()
    _audit()
    _usage_listed()
    _tags()
    _messages()
    _jobs()


def _about() -> None:
    about = op.create_table(
        "about",
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("made_at", name="pk_about"),
    )
    op.bulk_insert(about, [{"made_at": datetime.now(UTC)}])


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("region", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("checked", sa.Boolean, nullable=False),
        sa.Column("manifests", sa.Integer, nullable=False),
        sa.Column("deletions", sa.Integer, nullable=False),
        sa.Column("freed_bytes", sa.BigInteger, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("execute_after", MOMENT),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    is_open = sa.text("state IN ('approved', 'executing', 'proposed')")
    op.create_index(
        "one_open_plan_per_repository",
        "plans",
        ["repository"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_plans_proposed_at", "plans", ["proposed_at"])
    op.create_table(
        "plan_versions",
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("plan", "version", name="pk_plan_versions"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_plan_versions_plans"),
    )
    op.create_table(
        "plan_items",
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("plan", "version", "position", name="pk_plan_items"),
        sa.ForeignKeyConstraint(
            ["plan", "version"],
            ["plan_versions.plan", "plan_versions.version"],
            name="fk_plan_items_plan_versions",
        ),
    )
    op.create_table(
        "approvals",
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("plan", "version", "by", name="pk_approvals"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_approvals_plans"),
    )


def _pins() -> None:
    op.create_table(
        "pins",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("pin", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("repository", "pin", name="pk_pins"),
    )


def _audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", NUMBERED, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("plan", sa.String),
        sa.Column("version", sa.Integer),
        sa.Column("repository", sa.String),
        sa.Column("digests", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_at_id", "audit_events", ["at", "id"])
    refuse = {"sqlite": _refuse_on_sqlite, "postgresql": _refuse_on_postgresql}
    refuse[op.get_bind().dialect.name]()


def _refuse_on_sqlite() -> None:
    """REPLACE deletes rows without firing the trigger for deletions."""
    for name, when in {
        "update": "UPDATE ON audit_events",
        "delete": "DELETE ON audit_events",
        "replace": (
            "INSERT ON audit_events WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)"
        ),
    }.items():
        op.execute(
            f"CREATE TRIGGER audit_events_refuse_{name} BEFORE {when} "
            "BEGIN SELECT RAISE(ABORT, 'audit events stay as they are'); END"
        )


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit events stay as they are'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_refuse BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()"
    )


def _usage_listed() -> None:
    op.create_table(
        "usage_listed",
        sa.Column("source", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("is_believed", sa.Boolean, nullable=False),
        sa.Column("workloads", sa.Integer, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "scope", "is_believed", name="pk_usage_listed"),
    )


def _tags() -> None:
    op.create_table(
        "tag_scans",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("repository", name="pk_tag_scans"),
    )
    op.create_table(
        "tag_bindings",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("since", MOMENT),
        sa.PrimaryKeyConstraint("repository", "tag", name="pk_tag_bindings"),
        sa.ForeignKeyConstraint(
            ["repository"], ["tag_scans.repository"], name="fk_tag_bindings_tag_scans"
        ),
    )
    op.create_table(
        "tag_losses",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("repository", "digest", name="pk_tag_losses"),
        sa.ForeignKeyConstraint(
            ["repository"], ["tag_scans.repository"], name="fk_tag_losses_tag_scans"
        ),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("ts", sa.String, nullable=False),
        sa.Column("thread", sa.String),
        sa.Column("plan", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("channel", "ts", name="pk_messages"),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_messages_plans"),
    )
    op.create_index("ix_messages_plan", "messages", ["plan"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", NUMBERED, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String),
        sa.Column("leased_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_not_before", "jobs", ["not_before"])
