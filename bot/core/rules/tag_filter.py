"""Which roots a rule is about, by their tags."""

from dataclasses import dataclass, field

from bot.core.patterns import Patterns
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

    def belongs(self, names: tuple[str, ...]) -> bool:
        return any(map(self.matches, names))

    def matches(self, name: str) -> bool:
        return (self.tags is None or self.tags.match(name)) and not self.except_tags.match(name)

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
