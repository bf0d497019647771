"""Tells our own reading from somebody's pull: both change lastRecordedPullTime."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

OUR_READ = timedelta(minutes=5)


class OurRead(NamedTuple):
    """When this bot read a manifest's text, and when somebody had pulled it before. UTC."""

    at: datetime
    pulled_before: datetime | None


def somebodys_pull(recorded: datetime | None, our_reads: Iterable[OurRead]) -> datetime | None:
    """A recorded time within 5 minutes of a read of ours is ours: the earlier one stands."""
    for read in sorted(our_reads, key=lambda read: read.at, reverse=True):
        if recorded is not None and abs(recorded - read.at) <= OUR_READ:
            recorded = read.pulled_before
    return recorded
