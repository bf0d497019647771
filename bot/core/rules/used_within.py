"""Keeps images that a scan of usage saw in use recently."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from bot.core.last_use import MemoryReach
from bot.core.rules.selection import ImageGroup, Rule, RuleCandidates, RuleSelection, TagFilter
from bot.core.verdict_reasons import PulledWithoutMemory, UsedRecently


@dataclass(frozen=True, slots=True)
class UsedWithinRule:
    """A use of a part counts for its root. Until the remembered scans cover the duration, a pull
    counts as a use. Images in use now are left to their own reason."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "used_within"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        memory = MemoryReach(candidates.remembered_since, self.duration)
        pulls_count = not memory.is_whole(candidates.now)
        kept: dict[str, UsedRecently | PulledWithoutMemory] = {}
        for group in self.filter.matching_groups(candidates):
            if group.is_in_use:
                continue
            digest = group.manifest.digest
            if used := self._used_recently(group, candidates.now):
                kept[digest] = used
            elif pulls_count and self._is_recent(group.last_pull, candidates.now):
                assert group.last_pull is not None
                kept[digest] = PulledWithoutMemory(self.duration, group.last_pull, memory.since)
        return RuleSelection(kept)

    def _used_recently(self, group: ImageGroup, now: datetime) -> UsedRecently | None:
        use = group.last_use
        if use is None or not self._is_recent(use.at, now):
            return None
        return UsedRecently(self.duration, use.at, use.users, use.others)

    def _is_recent(self, at: datetime | None, now: datetime) -> bool:
        return at is not None and now - at < self.duration

    def could_keep(self, tag: str) -> bool:  # noqa: ARG002 - as all rules
        return False


def longest_memory(rules: Iterable[Rule]) -> timedelta | None:
    """How long scans of usage need to be remembered for these rules. None if none needs it."""
    durations = (rule.duration for rule in rules if isinstance(rule, UsedWithinRule))
    return max(durations, default=None)
