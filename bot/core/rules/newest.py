"""Keeps the newest images among those whose tags match."""

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
    """Keeps the `count` newest images. Images that are kept for other reasons count too.

    An image is as old as its last push, its last restoration from the archive, or its last new tag
    if it existed before: a promotion. Tagged parts and referrers do not count. They are kept if
    fewer than `count` images are newer.
    """

    count: int
    filter: TagFilter
    name: ClassVar[str] = "newest"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        members = [m for m in candidates.ranked if self.filter.matches_any(m.names)]
        group, retagged_at = self.filter.group, candidates.retagged_at
        kept = {
            manifest.digest: AmongNewest(
                rank, self.count, group, since=_age_start(manifest, retagged_at)
            )
            for rank, manifest in enumerate(members[: self.count], start=1)
        }
        not_kept = {
            manifest.digest: NotAmongNewest(rank, self.count, group)
            for rank, manifest in enumerate(members[self.count :], start=self.count + 1)
        }
        oldest_first = [age_key(m, retagged_at) for m in reversed(members)]
        for manifest in candidates.unranked:
            if self.filter.matches_any(manifest.names):
                newer = len(members) - bisect_right(oldest_first, age_key(manifest, retagged_at))
                if newer < self.count:
                    rank = newer + 1
                    kept[manifest.digest] = AmongNewest(rank, self.count, group, by_own_tag=True)
        return RuleSelection(kept, not_kept)

    def could_keep(self, tag: str) -> bool:
        return self.count > 0 and self.filter.matches(tag)


def _age_start(manifest: Manifest, retagged_at: Mapping[str, datetime]) -> AgeStart | None:
    """Its restoration or new tag, if that and not the push determines its age."""
    since = young_since(manifest, retagged_at)
    if since is None or since == manifest.pushed_at:
        return None
    return age_event(manifest, since, retagged_at)
