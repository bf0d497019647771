"""Reasons of results, errors of scheduled reports and details of the audit as values.

Older rows keep their sentences. Only in running plans, the reasons of images that were not reached
become values, since they say that the run ends early.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NOT_REACHED = "was not reached: "
"""The start of these sentences in versions before 0011."""


def upgrade() -> None:
    op.add_column("plan_items", sa.Column("reason_value", sa.String))
    op.add_column("audit_events", sa.Column("detail_value", sa.String))
    op.add_column("plans", sa.Column("stop_cause_value", sa.String))
    op.add_column("due_reports", sa.Column("error_value", sa.String))
    _convert_runs_under_way()


def _convert_runs_under_way() -> None:
    items = sa.table(
        "plan_items",
        *map(sa.column, ("plan", "version", "position", "reason", "reason_value")),
    )
    plans = sa.table("plans", sa.column("id"), sa.column("state"))
    executing = sa.select(plans.c.id).where(plans.c.state == "executing")
    is_cut_short = items.c.plan.in_(executing) & items.c.reason.startswith(NOT_REACHED)
    connection = op.get_bind()
    for row in connection.execute(sa.select(items).where(is_cut_short)).all():
        value = ["not_reached", ["sentence", row.reason.removeprefix(NOT_REACHED)]]
        is_it = (
            (items.c.plan == row.plan)
            & (items.c.version == row.version)
            & (items.c.position == row.position)
        )
        connection.execute(items.update().where(is_it).values(reason_value=json.dumps(value)))
