"""Keeps the roots of a class that were pushed, restored from the archive, or got a tag, last."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.core.manifest import Manifest
from bot.core.rules.selection import (
    RuleCandidates,
    RuleSelection,
    TagFilter,
    age_event,
    age_key,
    young_since,
)
from bot.core.verdict_reasons import AgeStart, AmongNewest, NotAmongNewest


@dataclass(frozen=True, slots=True)
class NewestRule:
    """Images that are kept for other reasons take their natural place. A guest takes none;
    it stays while fewer than `count` roots of its class are younger. An image that was there before
    its tag came is as young as that: somebody promoted it. One that was restored from the archive
    is as young as its restoration."""

    count: int
    filter: TagFilter
    name: ClassVar[str] = "newest"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        members = [m for m in candidates.ranked if self.filter.belongs(m.names)]
        group, renewed_at = self.filter.group, candidates.renewed_at
        kept = {
            manifest.digest: AmongNewest(
                rank, self.count, group, since=_renewal(manifest, renewed_at)
            )
            for rank, manifest in enumerate(members[: self.count], start=1)
        }
        passed_over = {
            manifest.digest: NotAmongNewest(rank, self.count, group)
            for rank, manifest in enumerate(members[self.count :], start=self.count + 1)
        }
        oldest_first = [age_key(m, renewed_at) for m in reversed(members)]
        for manifest in candidates.unranked:
            if self.filter.belongs(manifest.names):
                newer = len(members) - bisect_right(oldest_first, age_key(manifest, renewed_at))
                if newer < self.count:
                    rank = newer + 1
                    kept[manifest.digest] = AmongNewest(rank, self.count, group, by_own_tag=True)
        return RuleSelection(kept, passed_over)


def _renewal(manifest: Manifest, renewed_at: Mapping[str, datetime]) -> AgeStart | None:
    """Why its place is not that of its push time."""
    since = young_since(manifest, renewed_at)
    if since is None or since == manifest.pushed_at:
        return None
    return age_event(manifest, since, renewed_at)
