"""Which roots a rule is about, by their tags."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from bot.core.patterns import Patterns
from bot.core.reasons import TagGroup
from bot.core.rules.selection import Candidates, ImageGroup


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A manifest belongs if one of its tags matches `tags` and none of `except_tags`; each tag
    is looked at by itself. `tags` None matches any tag."""

    tags: Patterns | None = None
    except_tags: Patterns = field(default_factory=Patterns)

    @property
    def narrows(self) -> bool:
        return self.tags is not None or bool(self.except_tags.globs)

    def narrowed(self, candidates: Candidates) -> Iterator[ImageGroup]:
        """The families that belong; dependents only by their own tags."""
        if not self.narrows:
            yield from candidates.families
            return
        for family in chain(candidates.families, candidates.tagged_dependents):
            if self.belongs(family.head.tags):
                yield family

    def belongs(self, tags: tuple[str, ...]) -> bool:
        return any(map(self.matches, tags))

    def matches(self, tag: str) -> bool:
        return (self.tags is None or self.tags.match(tag)) and not self.except_tags.match(tag)

    @property
    def group(self) -> TagGroup:
        return TagGroup(self.tags.globs if self.tags else (), self.except_tags.globs)
