"""Whether savings are exact, when ECR recorded the reads of the bot, and the tag history."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)
MARGIN, LONGEST_CALL = timedelta(seconds=1), timedelta(seconds=10)


def upgrade() -> None:
    _plans()
    _our_reads()
    _tags()


def _plans() -> None:
    """For older plans, only the content says whether the savings are exact."""
    op.add_column("plans", sa.Column("exact", sa.Boolean, nullable=False, server_default=sa.true()))


def _our_reads() -> None:
    """The duration of older reads is unknown."""
    op.add_column("our_reads", sa.Column("recorded_from", MOMENT))
    op.add_column("our_reads", sa.Column("recorded_until", MOMENT))
    reads = sa.table("our_reads", *(sa.column(each, MOMENT) for each in _TIMES))
    before, after = _around(reads.c.at)
    op.execute(reads.update().values(recorded_from=before, recorded_until=after))


_TIMES = ("at", "recorded_from", "recorded_until")


def _around(at: sa.ColumnClause[object]) -> tuple[object, object]:
    if op.get_bind().dialect.name == "postgresql":
        return at - MARGIN, at + LONGEST_CALL
    return _shifted(at, -MARGIN), _shifted(at, LONGEST_CALL)


def _shifted(at: sa.ColumnClause[object], by: timedelta) -> object:
    """In the format of SQLAlchemy for SQLite: with six decimals of a second."""
    whole = sa.func.strftime("%Y-%m-%d %H:%M:%S", at, f"{by.total_seconds():+} seconds")
    return sa.type_coerce(whole, sa.String) + sa.func.substr(at, len("2026-01-01 00:00:00") + 1)


def _tags() -> None:
    """The history starts with the last scan; earlier scans stored no moves."""
    op.add_column("tag_scans", sa.Column("known_since", MOMENT))
    op.add_column("tag_bindings", sa.Column("came_after", MOMENT))
    op.add_column("tag_bindings", sa.Column("came_by", MOMENT))
    op.create_table(
        "past_tag_bindings",
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("tag", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("gone_by", MOMENT, nullable=False),
        sa.Column("came_after", MOMENT),
        sa.Column("came_by", MOMENT),
        sa.PrimaryKeyConstraint("repository", "tag", "digest", name="pk_past_tag_bindings"),
        sa.ForeignKeyConstraint(
            ["repository"], ["tag_scans.repository"], name="fk_past_tag_bindings_tag_scans"
        ),
    )
