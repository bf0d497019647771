"""How many workloads usage sources list, and which earlier count a new one is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.last_use import CLOCKS_DIFFER
from bot.core.plan_problems import UsageDrop

COMPARED_FOR = timedelta(days=8)
"""A count is compared with those of this time. Longer than a week, so that a source that lists less
at weekends is compared with a working day."""


class WorkloadCount(NamedTuple):
    """How many workloads a source listed, and when the scan started. UTC. The larger of two
    compares as greater; of equal ones, the later."""

    workloads: int
    at: datetime


class DoubtedUsage(NamedTuple):
    """A source listed far fewer workloads than `before`. An approver may confirm this number."""

    source: str
    scope: str
    listed: WorkloadCount
    before: WorkloadCount


class UsageConfirmation(NamedTuple):
    """A confirmation that a source listed the right number of workloads. `by`: the id of a Slack
    user or an AWS ARN. UTC."""

    doubted: DoubtedUsage
    by: str
    at: datetime

    @property
    def restarts_at(self) -> datetime:
        """From when on counts are compared with each other again. The clocks of the scan and of the
        confirmation may differ."""
        return min(self.doubted.listed.at, self.at)


@dataclass(frozen=True, slots=True)
class WorkloadHistory:
    """The counts of a source in whole scans that were accepted: not doubted, or confirmed.

    `last`: the last one. `recent`: those that may be the most of the last 8 days. A count that a
    later one reached may be missing. `confirmations`: oldest first.
    """

    last: WorkloadCount | None = None
    recent: tuple[WorkloadCount, ...] = ()
    confirmations: tuple[UsageConfirmation, ...] = ()

    def most(self, now: datetime, may_confirm: Callable[[str], bool]) -> WorkloadCount | None:
        """The count that a new one is compared with: the most of the last 8 days since the last
        confirmation, and at least the last one, however old it is. None before the first scan.

        A confirmation by a user who may not confirm lowers nothing: the count before it still
        counts, until a user who may confirms a lower one. Counts with a time ahead of `now` count:
        the clock of that process was wrong.
        """
        since = now - COMPARED_FOR
        counts = [] if self.last is None else [self.last]
        for each in reversed(self.confirmations):
            if may_confirm(each.by):
                is_ahead = each.restarts_at > now + CLOCKS_DIFFER
                since = since if is_ahead else max(since, each.restarts_at)
                break
            counts.append(each.doubted.before)
        counts += [each for each in self.recent if each.at >= since]
        return max(counts, default=None)


def usage_drop(listed: WorkloadCount, before: WorkloadCount | None) -> UsageDrop | None:
    """Not None if `listed` is fewer than half of `before`: the source may scan the wrong account or
    cluster."""
    if before is None or 2 * listed.workloads >= before.workloads:
        return None
    return UsageDrop(listed.workloads, before.workloads, before.at, listed.at)


def is_of_last_days(before_at: datetime, at: datetime) -> bool:
    """Whether the count of `before_at` is the most of the 8 days before `at`. Otherwise it is the
    last one before a longer pause."""
    return at - before_at <= COMPARED_FOR
