"""Whether runs may start."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.core.plan_state import OPEN
from bot.core.records import Event, Pause
from bot.store.audit import add_events
from bot.store.part import StorePart, count_of
from bot.store.tables import AboutRow, MessageRow, PlanRow


class Pauses(StorePart):
    def pause(self) -> Pause | None:
        """None if runs may start."""
        with self._database.reading() as session:
            return _pause(session.scalars(select(AboutRow)).one())

    def set_pause(self, pause: Pause | None, event: Event) -> bool:
        """While there is a pause, `commit` starts no run. None ends it. False, and nothing is
        written, if a pause is to start while there is one, or to end while there is none."""
        values = {
            "paused_by": pause.by if pause else None,
            "paused_at": pause.at if pause else None,
            "paused_why": pause.why if pause else None,
        }
        was_paused = AboutRow.paused_by.is_not(None)
        is_news = ~was_paused if pause else was_paused
        with self._database.writing() as session:
            if not count_of(session, update(AboutRow).where(is_news).values(values)):
                return False
            add_events(session, [event])
            _show_anew(session)
            return True


def is_paused(session: Session) -> bool:
    """A pause that another process sets waits for the end of this transaction."""
    row = session.scalars(select(AboutRow).with_for_update(read=True)).one()
    return _pause(row) is not None


def _show_anew(session: Session) -> None:
    """Messages of open plans say whether everything is paused: all of them are behind now."""
    open_plans = select(PlanRow.id).where(PlanRow.state.in_(OPEN))
    nobody_knows = {"shown_revision": None, "updates": MessageRow.updates + 1}
    session.execute(update(MessageRow).where(MessageRow.plan.in_(open_plans)).values(nobody_knows))


def _pause(row: AboutRow) -> Pause | None:
    if row.paused_by is None or row.paused_at is None:
        return None
    return Pause(row.paused_by, row.paused_at, row.paused_why or "")
