"""Keeps what has a matching tag."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from bot.core.rules.selection import Candidates, Selection, TagFilter
from bot.core.verdict_reasons import KeptByTag


@dataclass(frozen=True, slots=True)
class MatchingTags:
    filter: TagFilter
    name: ClassVar[str] = "tags"

    def select(self, candidates: Candidates) -> Selection:
        return Selection(dict(self._kept(candidates)))

    def _kept(self, candidates: Candidates) -> Iterator[tuple[str, KeptByTag]]:
        for family in chain(candidates.families, candidates.tagged_dependents):
            if tag := next(filter(self.filter.matches, family.head.tags), None):
                yield family.head.digest, KeptByTag(tag, self.filter.group)
