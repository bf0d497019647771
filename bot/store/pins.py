"""Pins that people set."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.core.pins import Pin
from bot.core.records import RepositoryPin
from bot.store.part import Part, count_of, upsert
from bot.store.tables import PinRow


class Pins(Part):
    def pins(self, repository: str | None = None) -> Sequence[RepositoryPin]:
        query = select(PinRow)
        if repository is not None:
            query = query.where(PinRow.repository == repository)
        with self._database.reading() as session:
            return _in_order(map(_pin, session.scalars(query)))


def add_pins(session: Session, pins: Iterable[RepositoryPin]) -> None:
    for each in _in_order(pins):
        values = {
            "repository": each.repository,
            "pin": each.pin.pin,
            "kind": each.pin.kind,
            "by": each.pin.by,
            "reason": each.pin.reason,
            "until": each.pin.until,
            "made_at": each.made_at,
        }
        upsert(session, PinRow, values)


def remove_pins(session: Session, pins: Iterable[RepositoryPin]) -> bool:
    """False if one is gone, or somebody replaced it."""
    return all(_remove(session, each) for each in _in_order(pins))


def _remove(session: Session, each: RepositoryPin) -> bool:
    is_the_same = (
        PinRow.repository == each.repository,
        PinRow.pin == each.pin.pin,
        PinRow.by == each.pin.by,
        PinRow.reason == each.pin.reason,
        PinRow.until.is_not_distinct_from(each.pin.until),
        PinRow.made_at == each.made_at,
    )
    return count_of(session, delete(PinRow).where(*is_the_same)) == 1


def _in_order(pins: Iterable[RepositoryPin]) -> list[RepositoryPin]:
    """Rows are locked in the same order by everybody, so that nobody waits in a circle."""
    return sorted(pins, key=lambda each: (each.repository, each.pin.pin))


def _pin(row: PinRow) -> RepositoryPin:
    return RepositoryPin(row.repository, Pin(row.pin, row.by, row.reason, row.until), row.made_at)
