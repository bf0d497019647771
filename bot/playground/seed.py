"""Fills a stand-in with images: a company for the demo, a crowd for benchmarks.

It speaks only HTTP, to the stand-in's control, and is deterministic: equal arguments, equal
digests and times.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Unpack

from bot.playground.aws.manifests import (
    NOTARY_SIGNATURE,
    Blob,
    Child,
    cosign_signature,
    cosign_tag,
    digest_of,
    fallback_tag,
    helm_chart,
    image,
    index,
    provenance,
    referrer,
    referrers_fallback,
)
from bot.playground.remote import Control, in_chunks
from bot.playground.seed_usage import Company, Crowd, Place, Seeded, fill_usage, put_to_work

__all__ = ["Control", "Crowd", "Place", "fill", "fill_usage", "seed_company"]

MONTHS = 18
_MIB = 2**20
_PLATFORMS = ("linux/amd64", "linux/arm64")


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


Story = Callable[[datetime], Iterator[Push]]


def seed_company(url: str, now: datetime) -> list[str]:
    """A company's registry after 18 months of work, and what runs; answers its repositories."""
    control = Control(url)
    company: Company = {}
    for name, story in _COMPANY.items():
        pushes = list(story(now))
        uri = _fill_repository(control, {"repository": name}, pushes)
        company[name] = Seeded(uri, [(each.tags, digest_of(each.text), each.at) for each in pushes])
    put_to_work(control, company)
    return list(_COMPANY)


def fill(
    url: str, repository: str, manifests: int, *, now: datetime, **place: Unpack[Place]
) -> None:
    """Exactly `manifests` manifests, pushed over two years.

    A fifth of the roots are multi-arch with provenance; layers of a season's base are shared.
    """
    pushes = islice(_crowd(now, timedelta(days=730), manifests), manifests)
    _fill_repository(Control(url), {"repository": repository, **place}, pushes)


def _fill_repository(control: Control, place: dict[str, Any], pushes: Iterable[Push]) -> str:
    """Answers the repository's URI."""
    name = {"name" if key == "repository" else key: value for key, value in place.items()}
    uri: str = control.send("POST", "/repositories", name)["uri"]
    for some in in_chunks(pushes, 2000):
        control.send("POST", "/manifests", {**place, "manifests": [each.body() for each in some]})
    return uri


def _shop_api(now: datetime) -> Iterator[Push]:
    """Java: a release every fortnight, snapshots in between, `latest` on the newest release."""
    for number, at in enumerate(_every(timedelta(days=14), now, MONTHS)):
        version = f"1.{number}.0"
        last = at + timedelta(days=14) > now
        for build in range(1, 5):
            pushed = at - timedelta(days=14) + timedelta(days=3 * build)
            snapshot = f"{version}-SNAPSHOT-{build}"
            yield Push(_app("api", snapshot, pushed, now), pushed, (snapshot,))
        pulled = at + timedelta(days=13) if number % 2 else None
        tags = (version, "latest") if last else (version,)
        yield Push(_app("api", version, at, now), at, tags, pulled)


def _shop_web(now: datetime) -> Iterator[Push]:
    """Multi-arch by buildx: every build moves `main` and leaves the last one untagged."""
    for number, at in enumerate(_every(timedelta(days=5), now, MONTHS)):
        tags = ("main", f"2.{number // 4}.0") if number % 4 == 0 else ("main",)
        pulled = at + timedelta(days=4) if number % 4 == 0 else None
        images = [_app("web", f"build {number} {each}", at, now) for each in _PLATFORMS]
        yield from _indexed(f"web build {number}", images, at, tags, pulled)


def _shop_worker(now: datetime) -> Iterator[Push]:
    """Signed by cosign's tags at first, by OCI referrers with an SBOM in the last nine months."""
    switched = now - timedelta(days=270)
    for number, at in enumerate(_every(timedelta(days=12), now, MONTHS)):
        text = _app("worker", f"build {number}", at, now)
        signed = at + timedelta(minutes=1)
        yield Push(text, at, (f"build-{number}",))
        if at < switched:
            yield Push(cosign_signature(text), signed, (cosign_tag(text),))
        else:
            yield Push(referrer(text), signed)
            yield Push(referrer(text, NOTARY_SIGNATURE, size=2_400), signed)
    yield from _notation_fallback(now - timedelta(days=300), now)


def _notation_fallback(at: datetime, now: datetime) -> Iterator[Push]:
    """A signature from before ECR knew referrers: an index under a `sha256-…` tag lists it."""
    text = _app("worker", "hotfix", at, now)
    signature = referrer(text, NOTARY_SIGNATURE, name="fallback ", size=2_400)
    yield Push(text, at, ("hotfix",))
    yield Push(signature, at)
    yield Push(referrers_fallback([signature]), at, (fallback_tag(text),))


def _platform_charts(now: datetime) -> Iterator[Push]:
    for number, at in enumerate(_every(timedelta(days=30), now, MONTHS)):
        for chart in ("api", "web"):
            version = f"0.{number}.0"
            yield Push(helm_chart(chart, version), at, (f"{chart}-{version}",))


def _platform_base(now: datetime) -> Iterator[Push]:
    """Base images: no workload runs them, builds pull the newest ones daily."""
    for number, at in enumerate(_every(timedelta(days=60), now, MONTHS)):
        tags = (f"jre-21.{number}", "jre-21")
        pulled = now - timedelta(hours=8) if at + timedelta(days=120) > now else None
        text = image(_config("base", str(number)), _base_layers(at, now), docker=True)
        yield Push(text, at, tags, pulled)


def _mobile_bff(now: datetime) -> Iterator[Push]:
    """A new service: everything was pushed within the last hours."""
    for number in range(6):
        at = now - timedelta(hours=20 - 3 * number)
        yield Push(_app("bff", f"build {number}", at, now), at, (f"0.1.{number}",))


def _legacy_reports(now: datetime) -> Iterator[Push]:
    """Half of it was archived last spring."""
    archived = now - timedelta(days=200)
    for number, at in enumerate(_every(timedelta(days=45), now, MONTHS)):
        text = _app("reports", f"build {number}", at, now, docker=True)
        moved = archived if at < archived and number % 2 else None
        yield Push(text, at, (f"r{number}",), archived_at=moved)


def _nothing(_now: datetime) -> Iterator[Push]:
    return iter(())


_COMPANY: dict[str, Story] = {
    "shop/api": _shop_api,
    "shop/web": _shop_web,
    "shop/worker": _shop_worker,
    "platform/charts": _platform_charts,
    "platform/base": _platform_base,
    "mobile/bff": _mobile_bff,
    "legacy/reports": _legacy_reports,
    "data/etl": _nothing,
}


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
    images = [_crowd_image(f"{number} {platform}", at) for platform in _PLATFORMS]
    yield from _indexed(f"crowd {number}", images, at, tags, pulled)


def _crowd_image(name: str, at: datetime) -> str:
    """8 to 12 layers: five of a base that changes with the season, the rest the build's own."""
    season = at.toordinal() // 90
    base = [(f"crowd base {season} {n}", (30 - 5 * n) * _MIB) for n in range(5)]
    own = 3 + _spread(f"layers of {name}", 5)
    layers = [(f"crowd {name} {n}", _size(f"{name} {n}", 200_000, 20 * _MIB)) for n in range(own)]
    return image((f"crowd {name} config", 4_000), base + layers)


def _indexed(
    name: str,
    images: Sequence[str],
    at: datetime,
    tags: tuple[str, ...],
    pulled_at: datetime | None,
) -> Iterator[Push]:
    """What one `docker buildx build --push` uploads: children first, then the index."""
    children = [
        Child(text, platform) for text, platform in zip(images, _PLATFORMS, strict=True)
    ] + [provenance(text, f"{name} {number}") for number, text in enumerate(images)]
    for child in children:
        yield Push(child.text, at)
    yield Push(index(children), at + timedelta(seconds=4), tags, pulled_at)


def _app(app: str, build: str, at: datetime, now: datetime, *, docker: bool = False) -> str:
    """A service's image: a shared base, dependencies that change rarely, code that always does."""
    dependencies = f"{app} dependencies of {_season(at, now, days=60)}"
    layers = [
        *_base_layers(at, now),
        (dependencies, _size(dependencies, 40 * _MIB, 90 * _MIB)),
        (f"{app} code {build}", _size(f"{app} {build}", 2 * _MIB, 12 * _MIB)),
        (f"{app} static {build}", _size(f"{app} static {build}", 100_000, 900_000)),
    ]
    return image(_config(app, build), layers, docker=docker)


def _base_layers(at: datetime, now: datetime) -> list[Blob]:
    season = _season(at, now, days=90)
    return [
        (f"base system {season}", _size(f"system {season}", 28 * _MIB, 32 * _MIB)),
        (f"base certificates {season}", 250_000),
        (f"base runtime {season}", _size(f"runtime {season}", 60 * _MIB, 75 * _MIB)),
    ]


def _config(app: str, build: str) -> Blob:
    return f"{app} config {build}", _size(f"{app} config {build}", 3_000, 9_000)


def _every(step: timedelta, now: datetime, months: int) -> Iterator[datetime]:
    """Times from `months` ago until a day before now."""
    at = now - timedelta(days=30 * months)
    while at < now - timedelta(days=1):
        yield at
        at += step


def _season(at: datetime, now: datetime, *, days: int) -> int:
    """How many periods of so many days before now: the same for every seed."""
    return (now - at) // timedelta(days=days)


def _size(name: str, least: int, most: int) -> int:
    return least + _spread(name, most - least)


def _spread(name: str, below: int) -> int:
    """A number that looks random and belongs to the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) % below
