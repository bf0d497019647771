"""Tells our own reading from somebody's pull: both change lastRecordedPullTime."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

MARGIN = timedelta(seconds=1)
"""ECR's recorded time and the time of its answer may differ by this much more than they should."""

ONE_SECOND = timedelta(seconds=1)
"""What a Date header leaves out: RFC 9110, 5.6.7."""

LONGEST_CALL = timedelta(seconds=10)
"""A call may take longer, since it is tried again when it is throttled or cut off. What was
recorded earlier than this before its answer may as well be somebody's pull."""


class TimeSpan(NamedTuple):
    """From when to when, in UTC by ECR's clock."""

    first: datetime
    last: datetime


class BotRead(NamedTuple):
    """A call of this bot that read a manifest's text.

    `at`: when it began, in UTC by our clock. `pulled_before`: when somebody had pulled the manifest
    before. `recorded`: when ECR may have recorded the call as a pull; None as long as the call is
    under way, and for good if it was cut off so that nobody can tell.
    """

    at: datetime
    pulled_before: datetime | None
    recorded: TimeSpan | None = None


def recorded_span(
    began: datetime, ended: datetime, answered_at: datetime | None
) -> TimeSpan | None:
    """When ECR may have recorded a call as a pull.

    `began` and `ended` by our clock. `answered_at`: the Date of ECR's answer, by which our clock
    needs not be right; None if there was no answer, or no date in it.
    """
    took = max(ended - began, timedelta(0))
    if answered_at is not None:
        first = answered_at - min(took, LONGEST_CALL)
        return TimeSpan(first - MARGIN, answered_at + ONE_SECOND + MARGIN)
    if took > LONGEST_CALL:
        return None
    return TimeSpan(began - MARGIN, began + took + MARGIN)


def pull_by_others(recorded: datetime | None, bot_reads: Iterable[BotRead]) -> datetime | None:
    """When somebody else last pulled a manifest. A recorded time that our reads do not account for
    is somebody's; in place of one of ours the time stands that was recorded before."""
    for read in sorted(bot_reads, key=lambda read: read.at, reverse=True):
        if recorded is not None and _accounts_for(read.recorded, recorded):
            recorded = read.pulled_before
    return recorded


def _accounts_for(span: TimeSpan | None, recorded: datetime) -> bool:
    return span is not None and span.first <= recorded <= span.last
