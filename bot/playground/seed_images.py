"""Images that example builds push: shared base layers, multi-arch indexes with provenance.

Digests and sizes are derived from names, ages from the given current time.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.playground.aws.manifests import Blob, ChildManifest, image, index, provenance
from bot.playground.control_client import ControlClient, in_chunks

MONTHS = 18
MIB = 2**20
PLATFORMS = ("linux/amd64", "linux/arm64")
SMALL_CODE = (2 * MIB, 12 * MIB)

_CHUNK = 2000


@dataclass(frozen=True)
class PushedManifest:
    """A manifest with its tags and the times that the registry stores."""

    text: str
    at: datetime
    tags: tuple[str, ...] = ()
    pulled_at: datetime | None = None
    archived_at: datetime | None = None

    def body(self) -> dict[str, Any]:
        return {
            "manifest": self.text,
            "tags": self.tags,
            "pushed_at": self.at,
            "pulled_at": self.pulled_at,
            "archived_at": self.archived_at,
        }


def push_images(
    control: ControlClient, location: dict[str, Any], pushes: Iterable[PushedManifest]
) -> str:
    """Creates the repository and pushes to it. Returns its URI.

    `location` has the repository name as `repository`, and optionally account and Region.
    """
    name = {"name" if key == "repository" else key: value for key, value in location.items()}
    uri: str = control.send("POST", "/repositories", name)["uri"]
    for chunk in in_chunks(pushes, _CHUNK):
        control.send(
            "POST", "/manifests", {**location, "manifests": [each.body() for each in chunk]}
        )
    return uri


def app(
    name: str, build: str, at: datetime, now: datetime, code: tuple[int, int] = SMALL_CODE
) -> str:
    """An image of a service."""
    return image(config(name, build), app_layers(name, build, at, now, code))


def app_layers(
    name: str, build: str, at: datetime, now: datetime, code: tuple[int, int] = SMALL_CODE
) -> list[Blob]:
    """Shared base layers, dependencies that change every 60 days, and new code in each build.

    `code`: the minimum and maximum bytes of the code layer.
    """
    dependencies = f"{name} dependencies of {periods_ago(at, now, days=60)}"
    return [
        *base_layers(at, now),
        (dependencies, size_of(dependencies, 40 * MIB, 90 * MIB)),
        (f"{name} code {build}", size_of(f"{name} {build}", *code)),
        (f"{name} static {build}", size_of(f"{name} static {build}", 100_000, 900_000)),
    ]


def base_layers(at: datetime, now: datetime) -> list[Blob]:
    number = periods_ago(at, now, days=90)
    return [
        (f"base system {number}", size_of(f"system {number}", 28 * MIB, 32 * MIB)),
        (f"base certificates {number}", 250_000),
        (f"base runtime {number}", size_of(f"runtime {number}", 60 * MIB, 75 * MIB)),
    ]


def config(name: str, build: str) -> Blob:
    return f"{name} config {build}", size_of(f"{name} config {build}", 3_000, 9_000)


def multi_arch(
    name: str,
    images: Sequence[str],
    at: datetime,
    tags: tuple[str, ...],
    pulled_at: datetime | None,
) -> Iterator[PushedManifest]:
    """The uploads of one `docker buildx build --push`: children first, then the index."""
    children = [
        ChildManifest(text, platform) for text, platform in zip(images, PLATFORMS, strict=True)
    ] + [provenance(text, f"{name} {number}") for number, text in enumerate(images)]
    for child in children:
        yield PushedManifest(child.text, at)
    yield PushedManifest(index(children), at + timedelta(seconds=4), tags, pulled_at)


def times_every(step: timedelta, now: datetime, months: int = MONTHS) -> Iterator[datetime]:
    """Times from `months` ago until a day before now."""
    at = now - timedelta(days=30 * months)
    while at < now - timedelta(days=1):
        yield at
        at += step


def periods_ago(at: datetime, now: datetime, *, days: int) -> int:
    """The number of whole periods of `days` between `at` and `now`."""
    return (now - at) // timedelta(days=days)


def commit_hash(name: str) -> str:
    """A short commit hash derived from the name."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:7]


def size_of(name: str, least: int, most: int) -> int:
    return least + hash_number(name, most - least)


def hash_number(name: str, below: int) -> int:
    """A pseudorandom number from 0 to `below` - 1, derived from the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) % below
