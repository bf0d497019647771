"""One scan for each run. A source that fails never counts as \"no image in use\"."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.errors import ErrorText, FailedAwsCall, ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.patterns import Patterns
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import SOURCES, ImageUse, SourceScan
from bot.core.usage_snapshot import UsageSnapshot
from bot.core.workload_counts import (
    DoubtedUsage,
    UsageConfirmation,
    WorkloadCount,
    WorkloadHistory,
)
from bot.ports import UsageSource, WorkloadCountMemory
from bot.render.hints import Surface
from bot.render.plan_problem_sentences import scan_words
from bot.render.quantities import count
from bot.store.manifest_cache import SqliteManifestCache
from bot.usage.usage_scan import BrokenUsageSource, UsageScanner

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IRELAND = RegistryId("123456789012", "eu-west-1")
HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@dataclass(frozen=True)
class ListingSource:
    """A source that lists `workloads` users of one image."""

    workloads: int
    image: str = f"{HOST}/team/api:1"
    name: str = "ecs"
    scope: str = "here"

    def image_uses(self) -> Iterator[ImageUse]:
        return (ImageUse(self.image, f"ECS prod/{n}") for n in range(self.workloads))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SqliteManifestCache]:
    with SqliteManifestCache(tmp_path / "manifests.db") as opened:
        yield opened


def take(
    memory: WorkloadCountMemory,
    *sources: UsageSource,
    expect_none: bool = False,
    not_checked: Sequence[str] = ("lambda",),
    ignored: str = "nothing",
    approvers: Collection[str] = (),
) -> UsageSnapshot:
    steps: list[tuple[str, int, int | None]] = []
    scanner = UsageScanner(
        sources=sources,
        not_checked=not_checked,
        registries=frozenset({IRELAND}),
        hosts=RegistryHosts({}),
        expect_none=expect_none,
        memory=memory,
        may_confirm=lambda name: name in approvers,
        clock=lambda: NOW,
        progress=lambda *step: steps.append(step),
        ignored=Patterns.of(ignored),
    )
    snapshot = scanner.scan()
    assert [done for _, done, _ in steps] == list(range(1, len(sources) + 1))
    return snapshot


def errors(scans: Sequence[SourceScan]) -> list[str]:
    return [scan_words(scan.problem, Surface.TERMINAL) for scan in scans if scan.problem]


def test_number_of_images_by_source(cache: SqliteManifestCache) -> None:
    elsewhere = ListingSource(2, image="docker.io/library/nginx:1", scope="there")
    snapshot = take(cache, ListingSource(3), elsewhere)
    here, there = snapshot.scans
    assert here == SourceScan("ecs", "here", 1, at=NOW, last_whole_at=NOW)
    assert there == SourceScan("ecs", "there", 0, at=NOW, last_whole_at=NOW)
    assert snapshot.not_checked == ("lambda",)
    usage = snapshot.usage_of(RepositoryId(IRELAND, "team/api", ""))
    assert usage.users_of("sha256:x", ("1",)) == ("ECS prod/0", "ECS prod/1", "ECS prod/2")


def test_a_failed_source_does_not_affect_others(cache: SqliteManifestCache) -> None:
    denied = ErrorText("denied", FailedAwsCall("sts:AssumeRole", "AccessDenied"))
    snapshot = take(cache, BrokenUsageSource("ecs", "there", denied), ListingSource(1))
    assert snapshot.scans == (
        SourceScan("ecs", "there", 0, denied, NOW),
        SourceScan("ecs", "here", 1, None, NOW, NOW),
    )


def test_a_malformed_reference_to_our_registry(cache: SqliteManifestCache) -> None:
    (error,) = errors(take(cache, ListingSource(1, image=f"$ACCOUNT{HOST[12:]}/team/api:1")).scans)
    assert error.startswith("ECS prod/0: ")


def test_a_malformed_tag_only_concerns_its_repository(cache: SqliteManifestCache) -> None:
    snapshot = take(cache, ListingSource(1, image=f"{HOST}/team/api:"))
    assert not errors(snapshot.scans)
    web, api = (RepositoryId(IRELAND, name, "") for name in ("team/web", "team/api"))
    assert not snapshot.usage_of(web).failed
    assert snapshot.usage_of(api).failed
    assert (
        not take(cache, ListingSource(1, image=f"{HOST}/team/api:"), ignored="*:")
        .usage_of(api)
        .failed
    )


@pytest.mark.parametrize(
    ("before", "now", "is_doubted"),
    [(10, 5, False), (10, 4, True), (1, 0, True), (0, 0, False), (3, 2, False), (3, 1, True)],
)
def test_fewer_than_half_of_the_last_workloads_is_doubted(
    cache: SqliteManifestCache, before: int, now: int, *, is_doubted: bool
) -> None:
    anchor = ListingSource(1, scope="anchor")
    take(cache, ListingSource(before), anchor)
    scans = take(cache, ListingSource(now), anchor).scans
    problems = errors(scans)
    assert bool(problems) is is_doubted
    assert scans[0].usage_drop == (UsageDrop(now, before, NOW, NOW) if is_doubted else None)
    if is_doubted:
        assert problems == [
            f"it lists {count(now, 'workload')}, but listed {before} on 2026-11-23, the most of "
            "the 8 days before; if that is expected, "
            f"confirm it: ecr-clean confirm-usage ecs 'here' --workloads {now}"
        ]


def test_a_doubt_lasts_until_confirmation(cache: SqliteManifestCache) -> None:
    take(cache, ListingSource(10))
    assert errors(take(cache, ListingSource(2)).scans)
    assert errors(take(cache, ListingSource(2)).scans)
    (doubted,) = cache.doubted()
    assert doubted == ("ecs", "here", (2, NOW), (10, NOW))
    assert cache.confirm(doubted, None)
    assert not errors(take(cache, ListingSource(2)).scans)
    assert cache.doubted() == []


def test_a_doubt_ends_when_the_workloads_return(cache: SqliteManifestCache) -> None:
    take(cache, ListingSource(10))
    take(cache, ListingSource(2))
    assert not errors(take(cache, ListingSource(9)).scans)
    assert cache.doubted() == []


class CacheWithConfirmations:
    """A cache with confirmations of usage, as the store has them."""

    def __init__(self, cache: SqliteManifestCache, *confirmed: tuple[str, int, int]) -> None:
        """`confirmed`: user, confirmed count, and count before; oldest first."""
        self._cache = cache
        self._confirmed = tuple(
            UsageConfirmation(
                DoubtedUsage("ecs", "here", WorkloadCount(now, NOW), WorkloadCount(before, NOW)),
                by,
                NOW,
            )
            for by, now, before in confirmed
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def history(self, source: str, scope: str) -> WorkloadHistory:
        assert (source, scope) == ("ecs", "here")
        return replace(self._cache.history(source, scope), confirmations=self._confirmed)


@pytest.mark.parametrize(
    ("why", "confirmed", "compared_with"),
    [
        ("an approver confirmed it", [("ann", 2, 10)], None),
        ("another user confirmed it", [("eve", 2, 10)], 10),
        ("an approver confirmed it again", [("eve", 2, 10), ("ann", 2, 10)], None),
        ("another user confirmed less", [("ann", 10, 90), ("eve", 2, 10)], 10),
        ("another user confirmed it twice", [("eve", 10, 90), ("eve", 2, 10)], 90),
        ("an earlier drop was smaller", [("eve", 4, 9), ("eve", 2, 4)], 9),
        ("the confirmed count is still low", [("eve", 2, 4)], None),
    ],
)
def test_only_confirmations_by_permitted_users_count(
    cache: SqliteManifestCache,
    why: str,
    confirmed: list[tuple[str, int, int]],
    compared_with: int | None,
) -> None:
    """Processes may have different settings. The memory has 2 workloads as confirmed."""
    cache.accept("ecs", "here", WorkloadCount(2, NOW))
    memory = cast("WorkloadCountMemory", CacheWithConfirmations(cache, *confirmed))
    scans = take(memory, ListingSource(2), approvers=["ann"]).scans
    expected = None if compared_with is None else UsageDrop(2, compared_with, NOW, NOW)
    assert scans[0].usage_drop == expected, why


def test_a_rejected_confirmation_without_a_last_count(cache: SqliteManifestCache) -> None:
    memory = cast("WorkloadCountMemory", CacheWithConfirmations(cache, ("eve", 2, 10)))
    assert take(memory, ListingSource(2)).scans[0].usage_drop == UsageDrop(2, 10, NOW, NOW)


def test_no_image_in_use_is_doubted(cache: SqliteManifestCache) -> None:
    elsewhere = ListingSource(2, image="docker.io/library/nginx:1")
    (error,) = errors(take(cache, elsewhere).scans)
    assert "no workload uses any image of 123456789012 in eu-west-1" in error
    assert not errors(take(cache, elsewhere, expect_none=True).scans)


@pytest.mark.parametrize("not_checked", [SOURCES, SOURCES[:-1]], ids=["all", "all but files"])
def test_no_doubt_without_sources(cache: SqliteManifestCache, not_checked: Sequence[str]) -> None:
    """`usage.files` is on by default, but lists no file."""
    assert take(cache, not_checked=not_checked).scans == ()


def test_a_failed_memory_is_an_error(cache: SqliteManifestCache) -> None:
    cache.__exit__(None, None, None)
    with pytest.raises(ServiceError, match="cannot be used"):
        take(cache, ListingSource(1))
