"""So that many messages do not come faster than a channel takes them."""

from collections.abc import Callable
from threading import Lock

SECONDS_BETWEEN_POSTS = 1.1
"""In a channel: docs.slack.dev, rate limits, chat.postMessage."""


class Pace:
    """May be used by several threads. `clock`: seconds that pass; `sleep` may end early."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._free_at: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, channel: str) -> None:
        """Until it is the caller's turn to post there."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free_at.get(channel, now))
            self._free_at[channel] = turn + SECONDS_BETWEEN_POSTS
        if turn > now:
            self._sleep(turn - now)
