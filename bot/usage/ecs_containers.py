"""Containers, as ECS's tasks and service revisions tell of them."""

from collections.abc import Iterator

from bot.aws.place import Answer
from bot.core.usage import Sighting


def container_sightings(container: Answer, used_by: str) -> Iterator[Sighting]:
    """One, or none for a container that ECS adds itself and that names no image, as Service
    Connect's (field)."""
    image, digest = container.get("image"), container.get("imageDigest")
    if image or digest:
        yield Sighting(image or digest, used_by, digest)
