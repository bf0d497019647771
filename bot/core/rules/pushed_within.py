"""Keeps images that were pushed recently."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from bot.core.rules.selection import RuleCandidates, RuleSelection, TagFilter
from bot.core.verdict_reasons import PushedRecently, RestoredRecently


@dataclass(frozen=True, slots=True)
class PushedWithinRule:
    """A push of a part counts for its root. A restoration from ECR's archive counts as a push, a
    later tag does not."""

    duration: timedelta
    filter: TagFilter
    name: ClassVar[str] = "pushed_within"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        return RuleSelection(dict(self._kept(candidates)))

    def could_keep(self, tag: str) -> bool:  # noqa: ARG002 - as all rules
        return False

    def _kept(
        self, candidates: RuleCandidates
    ) -> Iterator[tuple[str, PushedRecently | RestoredRecently]]:
        for group in self.filter.matching_groups(candidates):
            for reason, at in (
                (PushedRecently, group.last_push),
                (RestoredRecently, group.last_restoration),
            ):
                if at is not None and candidates.now - at < self.duration:
                    yield group.manifest.digest, reason(self.duration, at)
