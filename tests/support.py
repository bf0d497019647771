"""Shared helpers: a repository with short methods to fill it, and the result of a command."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson

from bot.core.prices import GbPrice, PriceSource, RegionPrices
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import SOURCES
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn, manifests
from bot.playground.aws.ecr.stored_manifest import StoredManifest

Plan = dict[str, Any]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

PRICE = GbPrice(0.10, PriceSource.SETTINGS)
PRICES = RegionPrices({}, PRICE)
"""The same in all Regions."""


def others_off(*on: str) -> str:
    """Settings for `usage` that disable every source except these."""
    return ", ".join(f"{source}: false" for source in SOURCES if source not in on)


NO_SOURCES = f"usage: {{{others_off()}}}\n"
"""Most tests need no usage source, and opening clients for all of them is slow."""


def without_sources(settings: str) -> str:
    """Adds settings that disable every source, unless the text has a key `usage` or no keys."""
    if "usage" in settings or not re.match(r"\w+:", settings):
        return settings
    return f"{settings}\n{NO_SOURCES}"


@dataclass(frozen=True)
class Result:
    """The exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def plans(self) -> list[Plan]:
        return [orjson.loads(line) for line in self.out.splitlines()]

    @property
    def plan(self) -> Plan:
        (plan,) = self.plans
        return plan

    @property
    def sentence(self) -> str:
        """The only line on standard error, without the prefix."""
        (line,) = self.err.splitlines()
        assert line.startswith("ecr-clean: ")
        return line.removeprefix("ecr-clean: ")


class Run(Protocol):
    def __call__(self, *arguments: str) -> Result: ...


def image_text(name: str, size: int = 1000, layers: Sequence[manifests.Blob] = ()) -> str:
    """A small image. Its digest depends on its name. Images can share the given layers."""
    return manifests.image((f"{name} config", 10), layers or [(f"{name} layer", size)])


class Shelf:
    """A repository in the simulator. Ages are in days, by the simulator's clock."""

    def __init__(
        self,
        aws: AwsStandIn,
        name: str = "team/api",
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:
        self.world = aws.world
        self.repository = self.world.create_repository(name, account=account, region=region)
        self.id = RepositoryId(RegistryId(account, region), name, self.repository.uri)

    def ago(self, days: float) -> datetime:
        return self.world.clock.now() - timedelta(days=days)

    def push(
        self,
        text: str,
        *tags: str,
        age: float = 40,
        pulled: float | None = None,
        media_type: str | None = None,
    ) -> str:
        return self.world.push(
            self.repository,
            text,
            tags=tags,
            pushed_at=self.ago(age),
            pulled_at=None if pulled is None else self.ago(pulled),
            media_type=media_type,
        )

    def image(self, name: str, *tags: str, **options: Any) -> str:
        """The tag is the name, unless tags are given; "" means untagged."""
        return self.push(image_text(name), *filter(None, tags or (name,)), **options)

    def images(self, count: int, prefix: str = "1.") -> list[str]:
        return [self.image(f"{prefix}{number}") for number in range(count)]

    def large_manifests(self, count: int, size: int) -> list[str]:
        """Images, oldest first, each with annotations of `size` bytes, and with Docker's config
        type."""
        return [
            self.push(
                manifests.image(
                    (f"large {number} config", 10),
                    [(f"large {number}", 1000)],
                    config_type=manifests.DOCKER_CONFIG,
                    annotations={"text": "x" * size},
                ),
                f"large-{number}",
                age=40 + count - number,
            )
            for number in range(count)
        ]

    def large_releases(self) -> None:
        """13 releases, 3 of which the default rules delete."""
        for number in range(13):
            self.push(image_text(f"1.{number}", 2**33), f"1.{number}", age=60 - number)

    def index(self, name: str, *children: str, age: float = 40) -> str:
        """An index with this tag, and untagged images as its children."""
        texts = [image_text(child) for child in children]
        for text in texts:
            self.push(text, age=age)
        listing = manifests.index([manifests.ChildManifest(text) for text in texts])
        return self.push(listing, name, age=age)

    def raw(self, text: str, media_type: str, *tags: str, age: float = 40, size: int = 100) -> str:
        """Adds a manifest that ECR's checks would reject."""
        digest = manifests.digest_of(text)
        manifest = StoredManifest(
            digest=digest,
            text=text,
            media_type=media_type,
            artifact_media_type=None if "index" in media_type else manifests.OCI_CONFIG,
            artifact_type=None,
            annotations={},
            own_size=size,
            children=(),
            subject=None,
            pushed_at=self.ago(age),
            is_index="index" in media_type,
        )
        with self.world.lock:
            self.repository.add(manifest)
            for tag in tags:
                self.repository.tag(manifest, tag)
        return digest

    def pulled_at(self, reference: str) -> datetime | None:
        """ECR's pull time."""
        return self.world.manifest(self.repository, reference).pulled_at

    def pull(self, reference: str, at: datetime) -> None:
        self.world.pull(self.repository, reference, at)
