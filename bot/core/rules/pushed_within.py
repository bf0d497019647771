"""Keeps what was pushed lately."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.durations import duration_in_words
from bot.core.rules.selection import Candidates, Selection
from bot.core.rules.tag_filter import TagFilter
from bot.core.words import moment


@dataclass(frozen=True, slots=True)
class PushedWithin:
    """A root is as young as the youngest manifest that hangs on it. Tags that came later don't
    count: they are no push."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pushed_within"

    def select(self, candidates: Candidates) -> Selection:
        since = duration_in_words(self.duration)
        return Selection(
            {
                family.head.digest: f"pushed within {since} ({moment(family.last_push)})"
                for family in self.filter.narrowed(candidates)
                if family.last_push is not None
                and candidates.now - family.last_push < self.duration
            }
        )
