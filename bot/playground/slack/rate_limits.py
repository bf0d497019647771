"""Rate limits of methods: docs.slack.dev/apis/web-api/rate-limits, read on 2026-11-23.

Each tier allows a number of calls per minute and short bursts. Slack does not document their size.
Here a burst is the calls of one minute, and four messages for a channel.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from bot.playground.clock import SimulatedClock
from bot.playground.slack.errors import ratelimited


@dataclass(frozen=True)
class RateLimit:
    """At most `burst` calls at once, then one call per `seconds_per_call`."""

    burst: int
    seconds_per_call: float


def _per_minute(calls: int) -> RateLimit:
    return RateLimit(calls, 60 / calls)


TIER_1 = _per_minute(20)
"""Slack documents 1+, but accepts more from clients that reconnect."""
TIER_2 = _per_minute(20)
TIER_3 = _per_minute(50)
TIER_4 = _per_minute(100)
SPECIAL = _per_minute(300)
PER_CHANNEL = RateLimit(4, 1)


@dataclass(frozen=True)
class _Bucket:
    """The calls left at a time."""

    left: float
    at: datetime


class RateLimiter:
    """Token buckets that follow the workspace's clock. `enabled` = False turns all limits off."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.enabled = True
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, rate: RateLimit) -> None:
        """Counts one call. Raises SlackError, without counting it, if it exceeds the limit."""
        if not self.enabled:
            return
        now = self._clock.now()
        left = self._left(name, rate, now)
        if left < 1:
            raise ratelimited(max(1, math.ceil((1 - left) * rate.seconds_per_call)))
        self._buckets[name] = _Bucket(left - 1, now)

    def _left(self, name: str, rate: RateLimit, now: datetime) -> float:
        bucket = self._buckets.get(name, _Bucket(rate.burst, now))
        regained = (now - bucket.at).total_seconds() / rate.seconds_per_call
        return min(rate.burst, bucket.left + regained)
