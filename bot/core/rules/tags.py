"""Keeps what has a matching tag."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from bot.core.reasons import Tagged
from bot.core.rules.selection import Candidates, Selection, TagFilter


@dataclass(frozen=True, slots=True)
class MatchingTags:
    filter: TagFilter
    name: ClassVar[str] = "tags"

    def select(self, candidates: Candidates) -> Selection:
        return Selection(dict(self._kept(candidates)))

    def _kept(self, candidates: Candidates) -> Iterator[tuple[str, Tagged]]:
        for family in chain(candidates.families, candidates.tagged_dependents):
            if tag := next(filter(self.filter.matches, family.head.tags), None):
                yield family.head.digest, Tagged(tag, self.filter.group)
