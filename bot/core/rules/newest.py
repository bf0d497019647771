"""Keeps the roots of a class that were pushed last."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import ClassVar

from bot.core.manifest import Manifest
from bot.core.rules.selection import Candidates, Selection
from bot.core.rules.tag_filter import TagFilter
from bot.core.words import ordinal


@dataclass(frozen=True, slots=True)
class Newest:
    """Images that are kept for other reasons take their natural place. A guest takes none;
    it stays while fewer than `count` roots of its class were pushed after it."""

    count: int
    filter: TagFilter
    name: ClassVar[str] = "newest"

    def select(self, candidates: Candidates) -> Selection:
        members = [m for m in candidates.builds if self.filter.belongs(m.names)]
        first = f"one of the {self.count} newest {self.filter.words}"
        behind = f"not among the {self.count} newest {self.filter.words}"
        kept = {
            manifest.digest: f"{first} ({ordinal(place)})"
            for place, manifest in enumerate(members[: self.count], start=1)
        }
        passed_over = {
            manifest.digest: f"{behind} ({ordinal(place)})"
            for place, manifest in enumerate(members[self.count :], start=self.count + 1)
        }
        pushed_last_first = [_age_key(m) for m in members]
        for guest in candidates.guests:
            if self.filter.belongs(guest.names):
                newer = bisect_left(pushed_last_first, _age_key(guest))
                if newer < self.count:
                    kept[guest.digest] = f"{first} by its own tag ({ordinal(newer + 1)})"
        return Selection(kept, passed_over)


def _age_key(manifest: Manifest) -> float:
    return -manifest.pushed_at.timestamp() if manifest.pushed_at else float("inf")
