"""Versions that were replaced before they were approved keep only the difference to the next."""

import json
import zlib
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_VERSIONS = sa.table(
    "plan_versions",
    sa.column("plan", sa.String),
    sa.column("version", sa.Integer),
    sa.column("content", sa.LargeBinary),
    sa.column("difference", sa.LargeBinary),
)
_ITEMS = sa.table(
    "plan_items",
    sa.column("plan", sa.String),
    sa.column("version", sa.Integer),
    sa.column("position", sa.Integer),
    sa.column("digest", sa.String),
)
_APPROVALS = sa.table("approvals", sa.column("plan", sa.String), sa.column("version", sa.Integer))


def upgrade() -> None:
    op.add_column("plan_versions", sa.Column("difference", sa.LargeBinary))
    connection = op.get_bind()
    for plan, version in connection.execute(_replaced()).all():
        _shrink(connection, plan, version)


def _replaced() -> "sa.Select[str, int]":
    """Oldest first, since each is compared with the next version before that is shrunk."""
    later = _VERSIONS.alias()
    is_replaced = sa.exists().where(
        later.c.plan == _VERSIONS.c.plan, later.c.version == _VERSIONS.c.version + 1
    )
    is_approved = sa.exists().where(
        _APPROVALS.c.plan == _VERSIONS.c.plan, _APPROVALS.c.version == _VERSIONS.c.version
    )
    return (
        sa.select(_VERSIONS.c.plan, _VERSIONS.c.version)
        .where(is_replaced, ~is_approved)
        .order_by(_VERSIONS.c.plan, _VERSIONS.c.version)
    )


def _shrink(connection: sa.Connection, plan: str, version: int) -> None:
    before, after = (_digests(connection, plan, number) for number in (version, version + 1))
    known_before, known_after = set(before), set(after)
    difference = [
        [digest for digest in before if digest not in known_after],
        [digest for digest in after if digest not in known_before],
    ]
    packed = zlib.compress(json.dumps(difference).encode())
    connection.execute(sa.delete(_ITEMS).where(_ITEMS.c.plan == plan, _ITEMS.c.version == version))
    connection.execute(
        sa.update(_VERSIONS)
        .where(_VERSIONS.c.plan == plan, _VERSIONS.c.version == version)
        .values(content=b"", difference=packed)
    )


def _digests(connection: sa.Connection, plan: str, version: int) -> Sequence[str]:
    query = sa.select(_ITEMS.c.digest).where(_ITEMS.c.plan == plan, _ITEMS.c.version == version)
    return connection.scalars(query.order_by(_ITEMS.c.position)).all()
