"""How often methods may be called: docs.slack.dev/apis/web-api/rate-limits, read on 2026-11-23.

The tiers promise a number a minute and tolerate short bursts, whose size Slack does not tell.
Here a burst is a minute's worth, and four messages for a channel.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from bot.playground.clock import Clock
from bot.playground.slack.errors import ratelimited


@dataclass(frozen=True)
class Rate:
    """So many calls at once, and then one for every so many seconds."""

    burst: int
    seconds_per_call: float


def _a_minute(calls: int) -> Rate:
    return Rate(calls, 60 / calls)


TIER_1 = _a_minute(20)
"""Slack says 1+; reconnecting clients open more, and get through."""
TIER_2 = _a_minute(20)
TIER_3 = _a_minute(50)
TIER_4 = _a_minute(100)
SPECIAL = _a_minute(300)
PER_CHANNEL = Rate(4, 1)


@dataclass(frozen=True)
class _Bucket:
    """How many calls were left at an instant."""

    left: float
    at: datetime


class Limits:
    """Counts by the workspace's clock; `enabled` switches all limits."""

    def __init__(self, clock: Clock) -> None:
        self.enabled = True
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str, rate: Rate) -> None:
        """Counts one call; raises SlackError if it is one too many, which is not counted."""
        if not self.enabled:
            return
        now = self._clock.now()
        left = self._left(name, rate, now)
        if left < 1:
            raise ratelimited(max(1, math.ceil((1 - left) * rate.seconds_per_call)))
        self._buckets[name] = _Bucket(left - 1, now)

    def _left(self, name: str, rate: Rate, now: datetime) -> float:
        bucket = self._buckets.get(name, _Bucket(rate.burst, now))
        regained = (now - bucket.at).total_seconds() / rate.seconds_per_call
        return min(rate.burst, bucket.left + regained)
