"""Fills the AWS stand-in: an example company for the demo, random builds for benchmarks.

Uses only HTTP requests to the control API. Equal arguments give equal digests and times.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Unpack

from bot.playground.aws.manifests import digest_of, image
from bot.playground.control_client import ControlClient
from bot.playground.seed_images import (
    MIB,
    PLATFORMS,
    PushedManifest,
    hash_number,
    multi_arch,
    push_images,
    size_of,
)
from bot.playground.seed_repositories import (
    COMPANY_REPOSITORIES,
    SECOND_ACCOUNT,
    SECOND_ACCOUNT_REPOSITORIES,
)
from bot.playground.seed_usage import (
    AwsLocation,
    SeededRepository,
    WorkloadCounts,
    create_company_workloads,
    seed_second_account,
    seed_workloads,
)

__all__ = [
    "SECOND_ACCOUNT",
    "AwsLocation",
    "ControlClient",
    "WorkloadCounts",
    "seed_company",
    "seed_repository",
    "seed_workloads",
]


_LIFECYCLE_POLICY = {
    "repository": "shop/worker",
    "policy": {
        "rules": [
            {
                "rulePriority": 1,
                "description": "keep the newest builds",
                "selection": {
                    "tagStatus": "tagged",
                    "tagPrefixList": ["build-"],
                    "countType": "imageCountMoreThan",
                    "countNumber": 20,
                },
                "action": {"type": "expire"},
            }
        ]
    },
}
"""An old policy of the company. The stand-in deletes nothing by it."""


def seed_company(url: str, now: datetime) -> list[str]:
    """Creates a registry after 18 months of builds, and its workloads. Returns the repositories.

    Also creates SECOND_ACCOUNT: a registry, workloads, and SECOND_ACCOUNT_ROLE for access to it.
    """
    control = ControlClient(url)
    company = {
        name: _seed_one(control, name, {}, pushes(now))
        for name, pushes in COMPANY_REPOSITORIES.items()
    }
    second = {
        name: _seed_one(control, name, {"account": SECOND_ACCOUNT}, pushes(now))
        for name, pushes in SECOND_ACCOUNT_REPOSITORIES.items()
    }
    control.send("PUT", "/lifecycle-policies", _LIFECYCLE_POLICY)
    create_company_workloads(control, company)
    seed_second_account(control, company, second)
    return list(COMPANY_REPOSITORIES)


def _seed_one(
    control: ControlClient, name: str, location: AwsLocation, pushes: Iterator[PushedManifest]
) -> SeededRepository:
    pushed = list(pushes)
    uri = push_images(control, {"repository": name, **location}, pushed)
    return SeededRepository(uri, [(each.tags, digest_of(each.text), each.at) for each in pushed])


def seed_repository(
    url: str, repository: str, manifests: int, *, now: datetime, **location: Unpack[AwsLocation]
) -> None:
    """Pushes exactly `manifests` manifests, dated over two years.

    One root in five is multi-arch with provenance. Builds of the same 90 days share base layers.
    """
    pushes = islice(_random_pushes(now, timedelta(days=730), manifests), manifests)
    push_images(ControlClient(url), {"repository": repository, **location}, pushes)


def _random_pushes(now: datetime, span: timedelta, expected: int) -> Iterator[PushedManifest]:
    """Endless roots, oldest first. About `expected` manifests are within the span."""
    step = span * 1.8 / max(expected, 1)
    number = 0
    while True:
        at = min(now - span + number * step, now)
        tags = _build_tags(number)
        pulled = at + timedelta(days=9) if number % 3 == 0 and at < now - span / 10 else None
        if number % 5 == 0:
            yield from _multi_arch_build(number, at, tags, pulled)
        else:
            yield PushedManifest(_build_image(f"{number}", at), at, tags, pulled)
        number += 1


def _build_tags(number: int) -> tuple[str, ...]:
    if number % 6 == 4:
        return ()
    if number % 10 == 0:
        return (f"1.{number // 10}.0", f"build-{number}")
    return (f"build-{number}-SNAPSHOT" if number % 2 else f"build-{number}",)


def _multi_arch_build(
    number: int, at: datetime, tags: tuple[str, ...], pulled: datetime | None
) -> Iterator[PushedManifest]:
    images = [_build_image(f"{number} {platform}", at) for platform in PLATFORMS]
    yield from multi_arch(f"build {number}", images, at, tags, pulled)


def _build_image(name: str, at: datetime) -> str:
    """8 to 12 layers: five of a base that changes every 90 days, the others unique to the build."""
    season = at.toordinal() // 90
    base = [(f"build base {season} {n}", (30 - 5 * n) * MIB) for n in range(5)]
    own = 3 + hash_number(f"layers of {name}", 5)
    layers = [(f"build {name} {n}", size_of(f"{name} {n}", 200_000, 20 * MIB)) for n in range(own)]
    return image((f"build {name} config", 4_000), base + layers)
