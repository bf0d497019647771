"""A usage source that reads one AWS service."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.aws.aws_api import AwsApi
from bot.aws.errors import explain_errors
from bot.core.usage import Sighting
from bot.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class AwsServiceSource:
    """`service`: boto3's name. `title`: the name in messages. `find` reads the whole service."""

    name: str
    title: str
    service: str
    find: Callable[[AwsApi], Iterator[Sighting]]
    aws: AwsApi

    @property
    def scope(self) -> str:
        return str(self.aws)

    def sightings(self) -> Iterator[Sighting]:
        with explain_errors(f"Reading {self.title}", self.scope, is_call=False):
            if not self.aws.lacks(self.service):
                yield from self.find(self.aws)


def sightings_of_each(
    names: Iterable[str], sightings_of: Callable[[str], Iterable[Sighting]]
) -> Iterator[Sighting]:
    """Reads `sightings_of` every name in parallel."""

    def read(name: str) -> list[Sighting]:
        return list(sightings_of(name))

    for sightings in in_parallel(read, names):
        yield from sightings
