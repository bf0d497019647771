"""Versions of a plan that a newer version replaced before anybody approved them.

Of such a version the database keeps how its deletions differ from those of the version after it,
since the audit shows them. Its content and its items are removed: a pin on a repository of 20,000
manifests would otherwise add 8 MB.
"""

import zlib
from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.store.tables import ItemRow, VersionRow

NOT_KEPT = b""
"""The content of a version that was replaced."""


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """Digests that only this version deletes, and digests that only the version after it does."""

    here: tuple[str, ...]
    in_the_next: tuple[str, ...]


_DIFFERENCE = msgspec.json.Decoder(Difference)


def replace_version(session: Session, plan: str, version: int, by: Collection[str]) -> None:
    """`by`: the digests that the version after it deletes."""
    before = _stored_deletions(session, plan, version)
    then, now = set(by), set(before)
    difference = Difference(
        tuple(digest for digest in before if digest not in then),
        tuple(digest for digest in by if digest not in now),
    )
    is_its_own = (ItemRow.plan == plan) & (ItemRow.version == version)
    session.execute(delete(ItemRow).where(is_its_own))
    packed = zlib.compress(msgspec.json.encode(difference))
    row = (VersionRow.plan == plan) & (VersionRow.version == version)
    session.execute(update(VersionRow).where(row).values(content=NOT_KEPT, difference=packed))


def deletions_of(session: Session, plan: str, version: int) -> Iterable[str]:
    """The digests that a version deletes; none if there is no such version. In the order of
    deletion, except for those that the version after it does not delete: they come last."""
    differences = []
    query = select(VersionRow.difference).where(VersionRow.plan == plan)
    while packed := session.scalar(query.where(VersionRow.version == version)):
        differences.append(_DIFFERENCE.decode(zlib.decompress(packed)))
        version += 1
    found = dict.fromkeys(_stored_deletions(session, plan, version))
    for difference in reversed(differences):
        for digest in difference.in_the_next:
            del found[digest]
        found |= dict.fromkeys(difference.here)
    return found


def _stored_deletions(session: Session, plan: str, version: int) -> list[str]:
    is_its_own = (ItemRow.plan == plan) & (ItemRow.version == version)
    query = select(ItemRow.digest).where(is_its_own).order_by(ItemRow.position)
    return list(session.scalars(query))
