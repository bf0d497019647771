"""Which roots a rule is about, by their tags."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from bot.core.patterns import Patterns
from bot.core.rules.selection import Candidates, Family
from bot.core.words import either

SNAPSHOT = "*SNAPSHOT*"


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A manifest belongs if one of its tags matches `tags` and none of `except_tags`; each tag
    is looked at by itself. `tags` None matches any tag."""

    tags: Patterns | None = None
    except_tags: Patterns = field(default_factory=Patterns)

    @property
    def narrows(self) -> bool:
        return self.tags is not None or bool(self.except_tags.globs)

    def narrowed(self, candidates: Candidates) -> Iterator[Family]:
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
    def words(self) -> str:
        """The class in words; the default policy's classes have names of their own."""
        wanted = self.tags.globs if self.tags else ()
        unwanted = self.except_tags.globs
        if wanted == (SNAPSHOT,) and not unwanted:
            return "snapshots"
        if not wanted and SNAPSHOT in unwanted:
            return "releases"
        tagged = f" tagged {either(wanted)}" if wanted else ""
        untagged = f" not tagged {either(unwanted)}" if unwanted else ""
        return f"images{tagged}{' and' if tagged and untagged else ''}{untagged}"
