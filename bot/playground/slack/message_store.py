"""The messages of all channels."""

from collections.abc import Iterator
from dataclasses import replace

from bot.playground.slack.change_feed import ChangeFeed
from bot.playground.slack.models import Message


class MessageStore:
    """Messages by channel and timestamp, in the order of posting."""

    def __init__(self, feed: ChangeFeed) -> None:
        self._messages: dict[tuple[str, str], Message] = {}
        self._feed = feed

    def put(self, message: Message) -> Message:
        kind = "message_changed" if self.find(message.channel, message.ts) else "message"
        self._messages[message.channel, message.ts] = message
        self._record_change(kind, message)
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        return self._messages.get((channel, ts))

    def delete(self, message: Message) -> None:
        """Deletes a message. If it has replies, a tombstone remains."""
        if self.replies_to(message):
            tombstone = replace(
                message, text="This message was deleted.", blocks=(), files=(), is_tombstone=True
            )
            self._messages[message.channel, message.ts] = tombstone
        else:
            del self._messages[message.channel, message.ts]
        self._record_change("message_deleted", message)

    def of_channel(self, channel: str) -> Iterator[Message]:
        return (message for message in self if message.channel == channel)

    def replies_to(self, parent: Message) -> list[Message]:
        """The replies in the thread, without ephemeral messages."""
        return [
            message
            for message in self.of_channel(parent.channel)
            if message.thread_ts == parent.ts and message.is_reply and message.only_for is None
        ]

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self._messages.values()))

    def _record_change(self, kind: str, message: Message) -> None:
        about = {"channel": message.channel, "ts": message.ts, "thread_ts": message.thread_ts}
        self._feed.add(kind, **about, only_for=message.only_for)
