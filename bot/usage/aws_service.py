"""A usage source that reads one AWS service."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.aws.aws_api import AwsApi
from bot.aws.errors import explain_errors
from bot.core.usage import ImageUse
from bot.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class AwsServiceSource:
    """`service`: boto3's name. `title`: the name in messages. `find` reads the whole service."""

    name: str
    title: str
    service: str
    find: Callable[[AwsApi], Iterator[ImageUse]]
    aws: AwsApi

    @property
    def scope(self) -> str:
        return str(self.aws)

    def image_uses(self) -> Iterator[ImageUse]:
        with explain_errors(f"Reading {self.title}", self.scope, is_call=False):
            if not self.aws.lacks(self.service):
                yield from self.find(self.aws)


def image_uses_of_each(
    names: Iterable[str], image_uses_of: Callable[[str], Iterable[ImageUse]]
) -> Iterator[ImageUse]:
    """Reads `image_uses_of` every name in parallel."""

    def read(name: str) -> list[ImageUse]:
        return list(image_uses_of(name))

    for image_uses in in_parallel(read, names):
        yield from image_uses
