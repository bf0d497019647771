"""Deliveries from Slack, so that each click and command counts once."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from bot.store.part import StorePart, count_of, insert_into
from bot.store.tables import DeliveryRow

REMEMBERED_FOR = timedelta(days=1)
"""Slack delivers again within the hour: docs.slack.dev, Events API, retries."""


class Deliveries(StorePart):
    def hear(self, id_: str, at: datetime) -> bool:
        """Records what Slack delivered. False if Slack delivered it before, to this process or
        another."""
        with self._database.writing() as session:
            session.execute(delete(DeliveryRow).where(DeliveryRow.at < at - REMEMBERED_FOR))
            heard = insert_into(session, DeliveryRow).values(id=id_, at=at)
            return count_of(session, heard.on_conflict_do_nothing()) == 1
