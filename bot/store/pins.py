"""Pins in the database, and removals of pins."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter

from sqlalchemy import ColumnElement, Select, String, and_, delete, select, type_coerce, update
from sqlalchemy.orm import Session

from bot.core.pins import Pin
from bot.core.records import PinRemoval, RepositoryPin
from bot.store.table_base import StoreQueries, count_of, insert_into
from bot.store.tables import PinRemovalRow, PinRow


class PinQueries(StoreQueries):
    def pins(self, repository: str | None = None) -> Sequence[RepositoryPin]:
        """Pins of one repository (by URI) or of all, by repository and text. Expired pins are
        included."""
        query = select(PinRow)
        if repository is not None:
            query = query.where(PinRow.repository == repository)
        return self._sorted(query)

    def pin_removals(self, repository: str | None = None) -> Sequence[PinRemoval]:
        """Of one repository (by URI) or of all: every removal of a pin by a person who had not set
        it."""
        row = PinRemovalRow
        query = select(row).order_by(row.repository, row.pin, row.made_at, row.removed_at)
        if repository is not None:
            query = query.where(row.repository == repository)
        with self._database.reading() as session:
            return [_removal(each) for each in session.scalars(query)]

    def expired_pins(self, now: datetime) -> Sequence[RepositoryPin]:
        """Expired pins of all repositories."""
        return self._sorted(select(PinRow).where(PinRow.until <= now))

    def pins_to_warn_of(self, before: datetime) -> Sequence[RepositoryPin]:
        """Pins that expire before or at `before`, and whose expiry was not announced yet."""
        query = select(PinRow).where(PinRow.until <= before, PinRow.warned_at.is_(None))
        return self._sorted(query)

    def mark_warned(self, pin: RepositoryPin, at: datetime | None) -> bool:
        """Records when the expiry of the pin was announced; None takes that back. False if it was
        recorded already, here or by another process, or if the pin has changed."""
        is_new = PinRow.warned_at.is_(None) if at else PinRow.warned_at.is_not(None)
        marked = update(PinRow).where(_is_the_same(pin), is_new).values(warned_at=at)
        with self._database.writing() as session:
            return count_of(session, marked) == 1

    def _sorted(self, query: Select[PinRow]) -> Sequence[RepositoryPin]:
        with self._database.reading() as session:
            return sorted(map(_pin, session.scalars(query)), key=_key)


def change_pins(
    session: Session, removed: Iterable[RepositoryPin], added: Iterable[RepositoryPin]
) -> bool:
    """False if a pin to remove is gone or replaced, or a pin with the text of one to add is there.

    All processes lock rows in the same order, so that there is no deadlock.
    """
    steps = [(_key(each), _remove, each) for each in removed]
    steps += [(_key(each), _add, each) for each in added]
    return all(step(session, each) for _, step, each in sorted(steps, key=itemgetter(0)))


def add_removals(session: Session, removals: Iterable[PinRemoval]) -> None:
    """A removal that is stored already is not changed."""
    for each in removals:
        stored, pin = each.pin, each.pin.pin
        row = insert_into(session, PinRemovalRow).values(
            repository=stored.repository,
            pin=pin.pin,
            made_at=stored.made_at,
            removed_by=each.by,
            removed_at=each.at,
            pinned_by=pin.by,
            reason=pin.reason,
            until=pin.until,
        )
        session.execute(row.on_conflict_do_nothing())


def _add(session: Session, each: RepositoryPin) -> bool:
    row = insert_into(session, PinRow).values(
        repository=each.repository,
        pin=each.pin.pin,
        kind=each.pin.kind,
        by=each.pin.by,
        reason=each.pin.reason,
        until=each.pin.until,
        made_at=each.made_at,
    )
    return count_of(session, row.on_conflict_do_nothing()) == 1


def _remove(session: Session, each: RepositoryPin) -> bool:
    return count_of(session, delete(PinRow).where(_is_the_same(each))) == 1


def _is_the_same(each: RepositoryPin) -> ColumnElement[bool]:
    """Compares the reason as it was read. `RedactedText` would remove what looks like a secret
    today, and a pin that was stored before could not be removed or replaced."""
    reason = type_coerce(PinRow.reason, String)
    return and_(
        PinRow.repository == each.repository,
        PinRow.pin == each.pin.pin,
        PinRow.by == each.pin.by,
        reason == each.pin.reason,
        PinRow.until.is_not_distinct_from(each.pin.until),
        PinRow.made_at == each.made_at,
    )


def _key(each: RepositoryPin) -> tuple[str, str]:
    return each.repository, each.pin.pin


def _pin(row: PinRow) -> RepositoryPin:
    return RepositoryPin(row.repository, Pin(row.pin, row.by, row.reason, row.until), row.made_at)


def _removal(row: PinRemovalRow) -> PinRemoval:
    pin = Pin(row.pin, row.pinned_by, row.reason, row.until)
    return PinRemoval(
        RepositoryPin(row.repository, pin, row.made_at), row.removed_by, row.removed_at
    )
