"""One snapshot a run: what a source cannot tell is never taken for no use."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core.errors import ErrorText, FailedCall, ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.patterns import Patterns
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import SOURCES, Sighting, SourceScan
from bot.core.usage_snapshot import UsageSnapshot
from bot.ports import DoubtedUsage, UsageConfirmation, UsageMemory, UsageSource, WorkloadCount
from bot.render.plan_problem_sentences import scan_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.usage.scan import BrokenUsageSource, UsageScanner

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
    memory: UsageMemory,
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
    return [scan_words(scan.problem) for scan in scans if scan.problem]


def test_each_source_says_how_many_references_it_made(cache: SqliteManifestCache) -> None:
    elsewhere = Told(2, image="docker.io/library/nginx:1", scope="there")
    snapshot = take(cache, Told(3), elsewhere)
    assert snapshot.scans == (SourceScan("ecs", "here", 1), SourceScan("ecs", "there", 0))
    assert snapshot.not_checked == ("lambda",)
    usage = snapshot.of(RepositoryId(IRELAND, "team/api", ""))
    assert usage.of("sha256:x", ("1",)) == ("ECS prod/0", "ECS prod/1", "ECS prod/2")


def test_a_source_that_fails_says_why_and_spoils_no_other(cache: SqliteManifestCache) -> None:
    denied = ErrorText("denied", FailedCall("sts:AssumeRole", "AccessDenied"))
    snapshot = take(cache, BrokenUsageSource("ecs", "there", denied), Told(1))
    assert snapshot.scans == (SourceScan("ecs", "there", 0, denied), SourceScan("ecs", "here", 1))


def test_a_reference_that_might_be_ours_but_is_none(cache: SqliteManifestCache) -> None:
    (error,) = errors(take(cache, Told(1, image=f"$ACCOUNT{HOST[12:]}/team/api:1")).scans)
    assert error.startswith("ECS prod/0: ")


def test_a_typo_in_a_reference_stops_no_other_plan(cache: SqliteManifestCache) -> None:
    snapshot = take(cache, Told(1, image=f"{HOST}/team/api:"))
    assert not errors(snapshot.scans)
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
    scans = take(cache, Told(now), anchor).scans
    told = errors(scans)
    assert bool(told) is is_doubted
    assert scans[0].doubt == (UsageDrop(now, before, NOW) if is_doubted else None)
    if is_doubted:
        assert told == [
            f"it lists {now} workloads, but listed {before} on 2026-11-23; if that is right, "
            f"confirm it: ecr-clean confirm-usage ecs 'here' --workloads {now}"
        ]


def test_doubt_lasts_until_somebody_confirms(cache: SqliteManifestCache) -> None:
    take(cache, Told(10))
    assert errors(take(cache, Told(2)).scans)
    assert errors(take(cache, Told(2)).scans)
    (doubted,) = cache.doubted()
    assert doubted == ("ecs", "here", (2, NOW), (10, NOW))
    assert cache.confirm(doubted, None)
    assert not errors(take(cache, Told(2)).scans)
    assert cache.doubted() == []


def test_doubt_ends_by_itself_when_the_workloads_are_back(cache: SqliteManifestCache) -> None:
    take(cache, Told(10))
    take(cache, Told(2))
    assert not errors(take(cache, Told(9)).scans)
    assert cache.doubted() == []


class Remembered:
    """A cache that knows, besides, who confirmed how much of what, as the store does."""

    def __init__(self, cache: SqliteManifestCache, *confirmed: tuple[str, int, int]) -> None:
        """`confirmed`: by whom, the number, and the number before; oldest first."""
        self._cache = cache
        self._confirmed = [
            UsageConfirmation(
                DoubtedUsage("ecs", "here", WorkloadCount(now, NOW), WorkloadCount(before, NOW)),
                by,
                NOW,
            )
            for by, now, before in confirmed
        ]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    def confirmations(self, source: str, scope: str) -> Sequence[UsageConfirmation]:
        assert (source, scope) == ("ecs", "here")
        return self._confirmed


@pytest.mark.parametrize(
    ("why", "confirmed", "compared_with"),
    [
        ("an approver confirmed it", [("ann", 2, 10)], None),
        ("somebody else confirmed it", [("eve", 2, 10)], 10),
        ("an approver confirmed it again", [("eve", 2, 10), ("ann", 2, 10)], None),
        ("somebody else confirmed less", [("ann", 10, 90), ("eve", 2, 10)], 10),
        ("somebody else confirmed it twice", [("eve", 10, 90), ("eve", 2, 10)], 90),
        ("an earlier drop was smaller", [("eve", 4, 9), ("eve", 2, 4)], 9),
        ("what they confirmed is still little", [("eve", 2, 4)], None),
    ],
)
def test_a_confirmation_counts_if_the_person_may_by_the_settings_here(
    cache: SqliteManifestCache,
    why: str,
    confirmed: list[tuple[str, int, int]],
    compared_with: int | None,
) -> None:
    """Each process may have settings of its own: 2 workloads are believed in the memory."""
    cache.believe("ecs", "here", WorkloadCount(2, NOW))
    memory = cast("UsageMemory", Remembered(cache, *confirmed))
    scans = take(memory, Told(2), approvers=["ann"]).scans
    expected = None if compared_with is None else UsageDrop(2, compared_with, NOW)
    assert scans[0].doubt == expected, why


def test_an_unbelieved_confirmation_of_what_nobody_listed(cache: SqliteManifestCache) -> None:
    memory = cast("UsageMemory", Remembered(cache, ("eve", 2, 10)))
    assert take(memory, Told(2)).scans[0].doubt == UsageDrop(2, 10, NOW)


def test_no_use_of_any_registry_at_all_is_doubted(cache: SqliteManifestCache) -> None:
    elsewhere = Told(2, image="docker.io/library/nginx:1")
    (error,) = errors(take(cache, elsewhere).scans)
    assert "no workload uses any image of 123456789012 in eu-west-1" in error
    assert not errors(take(cache, elsewhere, expect_none=True).scans)


@pytest.mark.parametrize("not_checked", [SOURCES, SOURCES[:-1]], ids=["all", "all but files"])
def test_without_any_source_nothing_is_doubted(
    cache: SqliteManifestCache, not_checked: Sequence[str]
) -> None:
    """`usage.files` is on by default, but names no file."""
    assert take(cache, not_checked=not_checked).scans == ()


def test_what_the_memory_cannot_do_is_told(cache: SqliteManifestCache) -> None:
    cache.__exit__(None, None, None)
    with pytest.raises(ServiceError, match="cannot be used"):
        take(cache, Told(1))
