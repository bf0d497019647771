"""Where plans are shown in Slack."""

from collections.abc import Sequence

from sqlalchemy import select

from bot.core.records import Message
from bot.store.part import Part, upsert
from bot.store.tables import MessageRow


class PlanMessages(Part):
    def remember_message(self, message: Message) -> None:
        values = {
            "channel": message.channel,
            "ts": message.ts,
            "thread": message.thread,
            "plan": message.plan,
        }
        with self._database.writing() as session:
            upsert(session, MessageRow, values)

    def messages_of(self, plan: str) -> Sequence[Message]:
        query = select(MessageRow).where(MessageRow.plan == plan)
        with self._database.reading() as session:
            found = [
                Message(row.plan, row.channel, row.ts, row.thread) for row in session.scalars(query)
            ]
        return sorted(found, key=lambda message: message.ts)
