"""Keeps what was pushed lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.rules.selection import Candidates, Selection, TagFilter
from bot.core.verdict_reasons import PushedRecently, RestoredRecently


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
        for family in self.filter.narrowed(candidates):
            for reason, at in (
                (PushedRecently, family.last_push),
                (RestoredRecently, family.last_restoration),
            ):
                if at is not None and candidates.now - at < self.duration:
                    yield family.head.digest, reason(self.duration, at)
