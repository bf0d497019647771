"""How far people have read."""


class Marks:
    """By person and channel; what nobody has looked at yet is unread."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], str] = {}

    def read(self, user: str, channel: str, ts: str) -> None:
        self._read[user, channel] = max(ts, self._read.get((user, channel), ""))

    def read_until(self, user: str, channel: str) -> str:
        """A timestamp; empty if the person never was there."""
        return self._read.get((user, channel), "")
