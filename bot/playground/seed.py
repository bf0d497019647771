"""Fills a stand-in with images: a company for the demo, a crowd for benchmarks.

It speaks only HTTP, to the stand-in's control, and is deterministic: equal arguments, equal
digests and times.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Unpack

from bot.playground.aws.manifests import digest_of, image
from bot.playground.remote import Control
from bot.playground.seed_images import (
    MIB,
    PLATFORMS,
    Push,
    fill_repository,
    indexed,
    size_of,
    spread,
)
from bot.playground.seed_stories import BRANCH, BRANCHS_STORIES, STORIES
from bot.playground.seed_usage import (
    Crowd,
    Place,
    Seeded,
    fill_usage,
    open_branch,
    put_to_work,
)

__all__ = ["BRANCH", "Control", "Crowd", "Place", "fill", "fill_usage", "seed_company"]


def seed_company(url: str, now: datetime) -> list[str]:
    """A company's registry after 18 months of work, and what runs; answers its repositories.

    Besides, there is the account BRANCH with a registry, with workloads, and with the role
    BRANCHS_ROLE, which leads into it.
    """
    control = Control(url)
    company = {name: _seeded(control, name, {}, story(now)) for name, story in STORIES.items()}
    branch = {
        name: _seeded(control, name, {"account": BRANCH}, story(now))
        for name, story in BRANCHS_STORIES.items()
    }
    put_to_work(control, company)
    open_branch(control, company, branch)
    return list(STORIES)


def _seeded(control: Control, name: str, place: Place, pushes: Iterator[Push]) -> Seeded:
    pushed = list(pushes)
    uri = fill_repository(control, {"repository": name, **place}, pushed)
    return Seeded(uri, [(each.tags, digest_of(each.text), each.at) for each in pushed])


def fill(
    url: str, repository: str, manifests: int, *, now: datetime, **place: Unpack[Place]
) -> None:
    """Exactly `manifests` manifests, pushed over two years.

    A fifth of the roots are multi-arch with provenance; layers of a season's base are shared.
    """
    pushes = islice(_crowd(now, timedelta(days=730), manifests), manifests)
    fill_repository(Control(url), {"repository": repository, **place}, pushes)


def _crowd(now: datetime, span: timedelta, expected: int) -> Iterator[Push]:
    """Endless roots, oldest first, about `expected` manifests of them within the span."""
    step = span * 1.8 / max(expected, 1)
    number = 0
    while True:
        at = min(now - span + number * step, now)
        tags = _crowd_tags(number)
        pulled = at + timedelta(days=9) if number % 3 == 0 and at < now - span / 10 else None
        if number % 5 == 0:
            yield from _crowd_index(number, at, tags, pulled)
        else:
            yield Push(_crowd_image(f"{number}", at), at, tags, pulled)
        number += 1


def _crowd_tags(number: int) -> tuple[str, ...]:
    if number % 6 == 4:
        return ()
    if number % 10 == 0:
        return (f"1.{number // 10}.0", f"build-{number}")
    return (f"build-{number}-SNAPSHOT" if number % 2 else f"build-{number}",)


def _crowd_index(
    number: int, at: datetime, tags: tuple[str, ...], pulled: datetime | None
) -> Iterator[Push]:
    images = [_crowd_image(f"{number} {platform}", at) for platform in PLATFORMS]
    yield from indexed(f"crowd {number}", images, at, tags, pulled)


def _crowd_image(name: str, at: datetime) -> str:
    """8 to 12 layers: five of a base that changes with the season, the rest the build's own."""
    season = at.toordinal() // 90
    base = [(f"crowd base {season} {n}", (30 - 5 * n) * MIB) for n in range(5)]
    own = 3 + spread(f"layers of {name}", 5)
    layers = [(f"crowd {name} {n}", size_of(f"{name} {n}", 200_000, 20 * MIB)) for n in range(own)]
    return image((f"crowd {name} config", 4_000), base + layers)
