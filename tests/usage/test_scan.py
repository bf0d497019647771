"""One snapshot a run: what a source cannot tell is never taken for no use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.errors import ServiceError
from bot.core.patterns import Patterns
from bot.core.references import Hosts
from bot.core.repository import RegistryId, RepositoryId
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES, Look, Sighting
from bot.ports import UsageSource
from bot.store.manifest_cache import SqliteManifestCache
from bot.usage.broken import BrokenSource
from bot.usage.scan import Scan

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IRELAND = RegistryId("123456789012", "eu-west-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@dataclass(frozen=True)
class Told:
    """A source that lists `workloads` users of one image."""

    workloads: int
    image: str = f"{HOST}/team/api:1"
    name: str = "ecs"
    scope: str = "here"

    def sightings(self) -> Iterator[Sighting]:
        return (Sighting(self.image, f"ECS prod/{n}") for n in range(self.workloads))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SqliteManifestCache]:
    with SqliteManifestCache(tmp_path / "manifests.db") as opened:
        yield opened


def take(
    cache: SqliteManifestCache,
    *sources: UsageSource,
    expect_none: bool = False,
    not_checked: Sequence[str] = ("lambda",),
    ignored: str = "nothing",
) -> Snapshot:
    steps: list[tuple[str, int, int | None]] = []
    scan = Scan(
        sources=sources,
        not_checked=not_checked,
        registries=frozenset({IRELAND}),
        hosts=Hosts({}),
        expect_none=expect_none,
        memory=cache,
        clock=lambda: NOW,
        progress=lambda *step: steps.append(step),
        ignored=Patterns.of(ignored),
    )
    snapshot = scan.take()
    assert [done for _, done, _ in steps] == list(range(1, len(sources) + 1))
    return snapshot


def errors(looks: Sequence[Look]) -> list[str]:
    return [look.error for look in looks if look.error]


def test_each_source_says_how_many_references_it_made(cache: SqliteManifestCache) -> None:
    elsewhere = Told(2, image="docker.io/library/nginx:1", scope="there")
    snapshot = take(cache, Told(3), elsewhere)
    assert snapshot.looks == (Look("ecs", "here", 1), Look("ecs", "there", 0))
    assert snapshot.not_checked == ("lambda",)
    usage = snapshot.of(RepositoryId(IRELAND, "team/api", ""))
    assert usage.of("sha256:x", ("1",)) == ("ECS prod/0", "ECS prod/1", "ECS prod/2")


def test_a_source_that_fails_says_why_and_spoils_no_other(cache: SqliteManifestCache) -> None:
    snapshot = take(cache, BrokenSource("ecs", "there", "denied"), Told(1))
    assert snapshot.looks == (Look("ecs", "there", 0, "denied"), Look("ecs", "here", 1))


def test_a_reference_that_might_be_ours_but_is_none(cache: SqliteManifestCache) -> None:
    (error,) = errors(take(cache, Told(1, image=f"$ACCOUNT{HOST[12:]}/team/api:1")).looks)
    assert error.startswith("ECS prod/0: ")


def test_a_typo_in_a_reference_stops_no_other_plan(cache: SqliteManifestCache) -> None:
    snapshot = take(cache, Told(1, image=f"{HOST}/team/api:"))
    assert not errors(snapshot.looks)
    web, api = (RepositoryId(IRELAND, name, "") for name in ("team/web", "team/api"))
    assert not snapshot.of(web).failed
    assert snapshot.of(api).failed
    assert not take(cache, Told(1, image=f"{HOST}/team/api:"), ignored="*:").of(api).failed


@pytest.mark.parametrize(
    ("before", "now", "is_doubted"),
    [(10, 5, False), (10, 4, True), (1, 0, True), (0, 0, False), (3, 2, False), (3, 1, True)],
)
def test_fewer_than_half_of_last_time_is_doubted(
    cache: SqliteManifestCache, before: int, now: int, *, is_doubted: bool
) -> None:
    anchor = Told(1, scope="anchor")
    take(cache, Told(before), anchor)
    looks = take(cache, Told(now), anchor).looks
    told = errors(looks)
    assert bool(told) is any(look.in_doubt for look in looks) is is_doubted
    if is_doubted:
        assert f"it lists {now} workloads, where it listed {before} on 2026-11-23" in told[0]
        assert "ecr-clean confirm-usage ecs 'here'" in told[0]


def test_doubt_lasts_until_somebody_confirms(cache: SqliteManifestCache) -> None:
    take(cache, Told(10))
    assert errors(take(cache, Told(2)).looks)
    assert errors(take(cache, Told(2)).looks)
    confirmed = cache.confirm("ecs", "here")
    assert confirmed is not None
    assert confirmed.workloads == 2
    assert not errors(take(cache, Told(2)).looks)
    assert cache.confirm("ecs", "here") is None


def test_doubt_ends_by_itself_when_the_workloads_are_back(cache: SqliteManifestCache) -> None:
    take(cache, Told(10))
    take(cache, Told(2))
    assert not errors(take(cache, Told(9)).looks)
    assert cache.confirm("ecs", "here") is None


def test_no_use_of_any_registry_at_all_is_doubted(cache: SqliteManifestCache) -> None:
    elsewhere = Told(2, image="docker.io/library/nginx:1")
    (error,) = errors(take(cache, elsewhere).looks)
    assert "no workload uses any image of 123456789012 in eu-west-1" in error
    assert not errors(take(cache, elsewhere, expect_none=True).looks)


@pytest.mark.parametrize("not_checked", [SOURCES, SOURCES[:-1]], ids=["all", "all but files"])
def test_without_any_source_nothing_is_doubted(
    cache: SqliteManifestCache, not_checked: Sequence[str]
) -> None:
    """`usage.files` is on by default, but names no file."""
    assert take(cache, not_checked=not_checked).looks == ()


def test_what_the_memory_cannot_do_is_told(cache: SqliteManifestCache) -> None:
    cache.__exit__(None, None, None)
    with pytest.raises(ServiceError, match="cannot be used"):
        take(cache, Told(1))
