"""A source that could not even be opened."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.errors import ServiceError
from bot.core.sentence import Sentence
from bot.core.usage import Sighting


@dataclass(frozen=True, slots=True)
class BrokenSource:
    """Says so when it is looked at, as any source does that cannot tell."""

    name: str
    scope: str
    why: Sentence

    def sightings(self) -> Iterator[Sighting]:
        raise ServiceError(self.why.text, self.why.call)
