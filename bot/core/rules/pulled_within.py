"""Keeps what somebody pulled lately."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.durations import duration_in_words
from bot.core.rules.selection import Candidates, Selection
from bot.core.rules.tag_filter import TagFilter
from bot.core.words import moment


@dataclass(frozen=True, slots=True)
class PulledWithin:
    """A pull of anything in a family counts for its root: clients pull an index, then a child."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pulled_within"

    def select(self, candidates: Candidates) -> Selection:
        return Selection(
            {
                family.root.digest: f"pulled within {duration_in_words(self.duration)} "
                f"({moment(family.last_pull)})"
                for family in candidates.families
                if family.last_pull is not None
                and candidates.now - family.last_pull < self.duration
                and (not self.filter.narrows or self.filter.belongs(family.root.names))
            }
        )
