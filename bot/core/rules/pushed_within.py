"""Keeps what was pushed lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.reasons import PushedRecently, RestoredRecently
from bot.core.rules.selection import Candidates, Selection
from bot.core.rules.tag_filter import TagFilter


@dataclass(frozen=True, slots=True)
class PushedWithin:
    """A root is as young as the youngest manifest that hangs on it. A restoration from ECR's
    archive counts like a push. Tags that came later don't count: they are no push."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pushed_within"

    def select(self, candidates: Candidates) -> Selection:
        return Selection(dict(self._kept(candidates)))

    def _kept(
        self, candidates: Candidates
    ) -> Iterator[tuple[str, PushedRecently | RestoredRecently]]:
        earliest = candidates.now - self.duration
        for family in self.filter.narrowed(candidates):
            digest, pushed_at, restored_at = (
                family.head.digest,
                family.last_push,
                family.last_restoration,
            )
            if pushed_at is not None and pushed_at > earliest:
                yield digest, PushedRecently(self.duration, pushed_at)
            if restored_at is not None and restored_at > earliest:
                yield digest, RestoredRecently(self.duration, restored_at)
