"""Digests of rounds, selections of plans, and numbers of images in plans."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("images", "images_to_delete", "recent_pulls", "images_forgotten"):
        op.add_column("plans", sa.Column(name, sa.Integer))
    with op.batch_alter_table("due_reports") as reports:
        reports.add_column(
            sa.Column("plan", sa.String, sa.ForeignKey("plans.id", name="fk_due_reports_plans"))
        )
        reports.add_column(sa.Column("settled_at", MOMENT))
    _digests()
    _selections()


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("entry", sa.String, nullable=False),
        sa.Column("local", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ts", sa.String),
        sa.Column("shown", sa.String),
        sa.Column("shown_at", MOMENT),
        sa.Column("has_list", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
    )
    op.create_index("ix_digests_entry_local", "digests", ["entry", "local"], unique=True)
    op.create_index("ix_digests_channel", "digests", ["channel"])


def _selections() -> None:
    op.create_table(
        "plan_selections",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_plan_selections"),
        sa.ForeignKeyConstraint(["digest"], ["digests.id"], name="fk_plan_selections_digests"),
    )
    op.create_table(
        "selected_plans",
        sa.Column("selection", sa.String, nullable=False),
        sa.Column("plan", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("is_approved", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("selection", "plan", name="pk_selected_plans"),
        sa.ForeignKeyConstraint(
            ["selection"], ["plan_selections.id"], name="fk_selected_plans_plan_selections"
        ),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_selected_plans_plans"),
    )
