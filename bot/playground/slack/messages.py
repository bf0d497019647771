"""The messages of all channels."""

from collections.abc import Iterator
from dataclasses import replace

from bot.playground.slack.feed import Feed
from bot.playground.slack.models import Message


class Messages:
    """Messages by channel and timestamp, in the order in which they were posted."""

    def __init__(self, feed: Feed) -> None:
        self._messages: dict[tuple[str, str], Message] = {}
        self._feed = feed

    def put(self, message: Message) -> Message:
        kind = "message_changed" if self.find(message.channel, message.ts) else "message"
        self._messages[message.channel, message.ts] = message
        self._tell(kind, message)
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        return self._messages.get((channel, ts))

    def delete(self, message: Message) -> None:
        """A message with replies leaves a tombstone."""
        if self.replies_to(message):
            gone = replace(
                message, text="This message was deleted.", blocks=(), files=(), is_tombstone=True
            )
            self._messages[message.channel, message.ts] = gone
        else:
            del self._messages[message.channel, message.ts]
        self._tell("message_deleted", message)

    def of_channel(self, channel: str) -> Iterator[Message]:
        return (message for message in self if message.channel == channel)

    def replies_to(self, parent: Message) -> list[Message]:
        """In the thread, as everybody sees it."""
        return [
            message
            for message in self.of_channel(parent.channel)
            if message.thread_ts == parent.ts and message.is_reply and message.only_for is None
        ]

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self._messages.values()))

    def _tell(self, kind: str, message: Message) -> None:
        about = {"channel": message.channel, "ts": message.ts, "thread_ts": message.thread_ts}
        self._feed.add(kind, **about, only_for=message.only_for)
