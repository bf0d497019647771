"""Keeps images with a matching tag."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from bot.core.rules.selection import RuleCandidates, RuleSelection, TagFilter
from bot.core.verdict_reasons import KeptByTag


@dataclass(frozen=True, slots=True)
class TagsRule:
    filter: TagFilter
    name: ClassVar[str] = "tags"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        return RuleSelection(dict(self._kept(candidates)))

    def could_keep(self, tag: str) -> bool:
        return self.filter.matches(tag)

    def _kept(self, candidates: RuleCandidates) -> Iterator[tuple[str, KeptByTag]]:
        for group in chain(candidates.groups, candidates.tagged_parts):
            if tag := next(filter(self.filter.matches, group.manifest.tags), None):
                yield group.manifest.digest, KeptByTag(tag, self.filter.group)
