"""A source of usage that is one AWS service."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.aws.errors import in_words
from bot.aws.places import AwsPlace
from bot.core.usage import Sighting
from bot.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class AwsServiceSource:
    """`service` as boto3 names it, `title` as people do; `find` reads it whole."""

    name: str
    title: str
    service: str
    find: Callable[[AwsPlace], Iterator[Sighting]]
    place: AwsPlace

    @property
    def scope(self) -> str:
        return str(self.place)

    def sightings(self) -> Iterator[Sighting]:
        with in_words(f"Reading {self.title}", self.scope, is_call=False):
            if not self.place.lacks(self.service):
                yield from self.find(self.place)


def sightings_of_each(
    names: Iterable[str], sightings_of: Callable[[str], Iterable[Sighting]]
) -> Iterator[Sighting]:
    """Side by side."""

    def read(name: str) -> list[Sighting]:
        return list(sightings_of(name))

    for sightings in in_parallel(read, names):
        yield from sightings
