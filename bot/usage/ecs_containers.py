"""Containers, as ECS's tasks and service revisions tell of them."""

from collections.abc import Iterator
from datetime import datetime

from bot.aws.place import Answer
from bot.core.usage import Sighting, TagRunner, Unresolved


def container_sightings(
    container: Answer, used_by: str, since: datetime | None = None
) -> Iterator[Sighting]:
    """One, or none for a container that ECS adds itself and that names no image, as Service
    Connect's (field). `since`: when it was started, if it runs."""
    image, digest = container.get("image"), container.get("imageDigest")
    if image or digest:
        unresolved = Unresolved(TagRunner.ECS_TASK, since) if since and not digest else None
        yield Sighting(image or digest, used_by, digest, unresolved)
