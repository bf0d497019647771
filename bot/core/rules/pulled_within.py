"""Keeps images that were pulled recently."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.rules.selection import RuleCandidates, RuleSelection, TagFilter
from bot.core.verdict_reasons import PulledRecently


@dataclass(frozen=True, slots=True)
class PulledWithinRule:
    """A pull of a part counts for its root, since clients pull an index and then a child."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pulled_within"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        return RuleSelection(
            {
                group.manifest.digest: PulledRecently(self.duration, group.last_pull)
                for group in self.filter.matching_groups(candidates)
                if group.last_pull is not None and candidates.now - group.last_pull < self.duration
            }
        )

    def could_keep(self, tag: str) -> bool:  # noqa: ARG002 - as all rules
        return False
