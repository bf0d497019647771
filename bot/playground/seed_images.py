"""What a company's builds push: images with shared bases, indexes with provenance, all of it
deterministic. Names make digests and sizes; ages come from the time that counts as now."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.playground.aws.manifests import Blob, Child, image, index, provenance
from bot.playground.remote import Control, in_chunks

MONTHS = 18
MIB = 2**20
PLATFORMS = ("linux/amd64", "linux/arm64")
SMALL_CODE = (2 * MIB, 12 * MIB)

_CHUNK = 2000


@dataclass(frozen=True)
class Push:
    """A manifest and what the registry knows besides its text."""

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


def fill_repository(control: Control, place: dict[str, Any], pushes: Iterable[Push]) -> str:
    """Creates it first; `place` holds its name as `repository`. Answers its URI."""
    name = {"name" if key == "repository" else key: value for key, value in place.items()}
    uri: str = control.send("POST", "/repositories", name)["uri"]
    for some in in_chunks(pushes, _CHUNK):
        control.send("POST", "/manifests", {**place, "manifests": [each.body() for each in some]})
    return uri


def app(
    name: str, build: str, at: datetime, now: datetime, code: tuple[int, int] = SMALL_CODE
) -> str:
    """A service's image."""
    return image(config(name, build), app_layers(name, build, at, now, code))


def app_layers(
    name: str, build: str, at: datetime, now: datetime, code: tuple[int, int] = SMALL_CODE
) -> list[Blob]:
    """A shared base, dependencies that change rarely, code that always does.

    `code`: the least and the most bytes of that layer.
    """
    dependencies = f"{name} dependencies of {season(at, now, days=60)}"
    return [
        *base_layers(at, now),
        (dependencies, size_of(dependencies, 40 * MIB, 90 * MIB)),
        (f"{name} code {build}", size_of(f"{name} {build}", *code)),
        (f"{name} static {build}", size_of(f"{name} static {build}", 100_000, 900_000)),
    ]


def base_layers(at: datetime, now: datetime) -> list[Blob]:
    number = season(at, now, days=90)
    return [
        (f"base system {number}", size_of(f"system {number}", 28 * MIB, 32 * MIB)),
        (f"base certificates {number}", 250_000),
        (f"base runtime {number}", size_of(f"runtime {number}", 60 * MIB, 75 * MIB)),
    ]


def config(name: str, build: str) -> Blob:
    return f"{name} config {build}", size_of(f"{name} config {build}", 3_000, 9_000)


def indexed(
    name: str,
    images: Sequence[str],
    at: datetime,
    tags: tuple[str, ...],
    pulled_at: datetime | None,
) -> Iterator[Push]:
    """What one `docker buildx build --push` uploads: children first, then the index."""
    children = [Child(text, platform) for text, platform in zip(images, PLATFORMS, strict=True)] + [
        provenance(text, f"{name} {number}") for number, text in enumerate(images)
    ]
    for child in children:
        yield Push(child.text, at)
    yield Push(index(children), at + timedelta(seconds=4), tags, pulled_at)


def every(step: timedelta, now: datetime, months: int = MONTHS) -> Iterator[datetime]:
    """Times from `months` ago until a day before now."""
    at = now - timedelta(days=30 * months)
    while at < now - timedelta(days=1):
        yield at
        at += step


def season(at: datetime, now: datetime, *, days: int) -> int:
    """How many periods of so many days before now: the same for every seed."""
    return (now - at) // timedelta(days=days)


def commit(name: str) -> str:
    """The first seven digits of a commit."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:7]


def size_of(name: str, least: int, most: int) -> int:
    return least + spread(name, most - least)


def spread(name: str, below: int) -> int:
    """A number that looks random and belongs to the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) % below
