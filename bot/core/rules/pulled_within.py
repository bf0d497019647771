"""Keeps what somebody pulled lately."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.rules.selection import Candidates, Selection, TagFilter
from bot.core.verdict_reasons import PulledRecently


@dataclass(frozen=True, slots=True)
class PulledWithin:
    """A pull of anything in a family counts for its root: clients pull an index, then a child."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pulled_within"

    def select(self, candidates: Candidates) -> Selection:
        return Selection(
            {
                family.head.digest: PulledRecently(self.duration, family.last_pull)
                for family in self.filter.narrowed(candidates)
                if family.last_pull is not None
                and candidates.now - family.last_pull < self.duration
            }
        )
