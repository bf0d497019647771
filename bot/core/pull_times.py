"""Separates pulls by others from reads by this bot. Both change lastRecordedPullTime."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

MARGIN = timedelta(seconds=1)
"""Added to the expected difference between ECR's recorded time and the time of its answer."""

ONE_SECOND = timedelta(seconds=1)
"""The resolution of a Date header: RFC 9110, 5.6.7."""

LONGEST_CALL = timedelta(seconds=10)
"""Calls with retries may take longer. A pull that was recorded earlier than this before the answer
may be one by others."""


class TimeSpan(NamedTuple):
    """A time span in UTC, by ECR's clock."""

    first: datetime
    last: datetime


class BotRead(NamedTuple):
    """A call of this bot that read a manifest's text.

    `at`: the start of the call, in UTC by this machine's clock. `pulled_before`: the last pull by
    others before the call. `recorded`: when ECR may have recorded the call as a pull; None during
    the call, and afterwards if unknown, as after a lost answer.
    """

    at: datetime
    pulled_before: datetime | None
    recorded: TimeSpan | None = None


def recorded_span(
    started: datetime, ended: datetime, answered_at: datetime | None
) -> TimeSpan | None:
    """When ECR may have recorded a call as a pull.

    `started` and `ended`: by this machine's clock, which need not agree with ECR's. `answered_at`:
    the Date of ECR's answer; None if there was no answer, or no date in it.
    """
    took = max(ended - started, timedelta(0))
    if answered_at is not None:
        first = answered_at - min(took, LONGEST_CALL)
        return TimeSpan(first - MARGIN, answered_at + ONE_SECOND + MARGIN)
    if took > LONGEST_CALL:
        return None
    return TimeSpan(started - MARGIN, started + took + MARGIN)


def pull_by_others(recorded: datetime | None, bot_reads: Iterable[BotRead]) -> datetime | None:
    """The last pull of a manifest by others. A recorded time of one of the bot's reads is replaced
    by the pull before that read."""
    for read in sorted(bot_reads, key=lambda read: read.at, reverse=True):
        if recorded is not None and _is_by_bot(read.recorded, recorded):
            recorded = read.pulled_before
    return recorded


def _is_by_bot(span: TimeSpan | None, recorded: datetime) -> bool:
    return span is not None and span.first <= recorded <= span.last
