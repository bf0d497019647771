"""Plans tell whether what they free is known exactly, and reads when ECR may have recorded them."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True)
MARGIN, LONGEST_CALL = timedelta(seconds=1), timedelta(seconds=10)


def upgrade() -> None:
    _plans()
    _our_reads()


def _plans() -> None:
    """Of older plans only their content tells it."""
    op.add_column("plans", sa.Column("exact", sa.Boolean, nullable=False, server_default=sa.true()))


def _our_reads() -> None:
    """Of older reads nobody wrote down how long they took."""
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
    """As SQLAlchemy writes times into SQLite: with six digits of a second."""
    shift = f"{by.total_seconds():+} seconds"
    return sa.func.strftime("%Y-%m-%d %H:%M:%f", at, shift, type_=sa.String) + "000"
