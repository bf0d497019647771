"""The hash of a plan, which identifies its version."""

import re
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.judge import JudgedManifest
from bot.core.last_use import MemoryReach
from bot.core.manifest import ManifestName
from bot.core.plan import Plan, content_hash
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId
from bot.core.usage import RepositoryUsage, SourceScan, UnscannedRegion
from bot.core.verdict_reasons import (
    InheritedVerdict,
    KeptByTag,
    LegacyReason,
    RuleName,
    TagPatterns,
    Verdict,
)
from tests.core import strategies as some
from tests.core.stored import as_stored
from tests.core.strategies import NOW, World
from tests.core.test_plan_with_pins import CASE
from tests.core.test_properties import tries

ECS = SourceScan("ecs", "123456789012 in eu-west-1", 7)
FILES = SourceScan("files", "used.txt", 3)
ELSEWHERE = RegistryId("210987654321", "eu-west-1")
SHORT = MemoryReach(NOW - timedelta(days=3), timedelta(days=30))
UNSEEN = (UnscannedRegion(ELSEWHERE, ("ecs",)),)
PLAN = replace(
    CASE.plan,
    usage=RepositoryUsage(scans=(ECS, FILES), not_checked=("batch", "lambda")),
    deleted_also_in=(ELSEWHERE, RegistryId("210987654321", "us-east-1")),
)
GOING = next(place for place, j in enumerate(PLAN.judged) if j.pulled_recently and j.parent)
FOLLOWS, TAGGED = PLAN.judged[GOING].reasons[0], KeptByTag("1", TagPatterns())
FOLLOWS_ANOTHER = InheritedVerdict(ManifestName(f"sha256:{'e' * 64}", None), is_referrer=True)


def judging(**changes: Any) -> Plan:
    """The plan with another verdict on `amd`, a recently pulled child of a deleted index."""
    judged = list(PLAN.judged)
    judged[GOING] = replace(judged[GOING], **changes)
    return replace(PLAN, judged=tuple(judged))


def describing(**changes: Any) -> Plan:
    return judging(manifest=replace(PLAN.judged[GOING].manifest, **changes))


def looking(*scans: SourceScan) -> Plan:
    return replace(PLAN, usage=replace(PLAN.usage, scans=scans))


def doubting(workloads: int) -> SourceScan:
    return replace(FILES, failure=UsageDrop(workloads, 10, NOW))


@pytest.mark.parametrize(
    ("description", "other"),
    [
        ("a digest", describing(digest=f"sha256:{'e' * 64}")),
        ("a tag", describing(tags=("new",))),
        ("a verdict", judging(verdict=Verdict.KEEP)),
        ("a rule", judging(reasons=(TAGGED,))),
        ("another rule", judging(reasons=(FOLLOWS, TAGGED))),
        ("a parent", judging(parent=PLAN.judged[0].manifest.digest)),
        ("no parent", judging(parent=None)),
        ("a pull", judging(pulled_recently=False)),
        ("a missing manifest", replace(PLAN, judged=PLAN.judged[:-1])),
        ("the order of deletion", replace(PLAN, delete=PLAN.delete[::-1])),
        ("a missing deletion", replace(PLAN, delete=PLAN.delete[1:])),
        ("a missing scan", looking(ECS)),
        ("another source", looking(ECS, replace(FILES, source="batch"))),
        ("another scope", looking(ECS, replace(FILES, scope="other.txt"))),
        ("a scan with a drop", looking(ECS, doubting(4))),
        ("a failed scan", looking(ECS, replace(FILES, failure=ErrorText("it is gone")))),
        ("a source switched on", replace(PLAN, usage=replace(PLAN.usage, not_checked=("batch",)))),
        (
            "an unscanned Region",
            replace(PLAN, usage=replace(PLAN.usage, unscanned_regions=UNSEEN)),
        ),
        ("another replica", replace(PLAN, deleted_also_in=(ELSEWHERE,))),
        ("a problem", replace(PLAN, problems=(ErrorText("an unreadable manifest"),))),
        ("another repository", replace(PLAN, repository=replace(PLAN.repository, uri="h/other"))),
    ],
)
def test_changes_that_make_another_hash(description: str, other: Plan) -> None:
    assert content_hash(other) != content_hash(PLAN), description


@pytest.mark.parametrize(
    ("description", "other"),
    [
        ("stored and read again", as_stored(PLAN)),
        ("the fields of a reason", judging(reasons=(FOLLOWS_ANOTHER,))),
        (
            "a sentence of an earlier version",
            judging(reasons=(LegacyReason(RuleName.FOLLOWS, "follows 1"),)),
        ),
        ("the same rule twice", judging(reasons=(FOLLOWS, FOLLOWS_ANOTHER))),
        ("when it was pulled", describing(pulled_at=NOW)),
        ("when it was pushed", describing(pushed_at=NOW - timedelta(days=99))),
        ("a size", describing(size_bytes=99)),
        ("layers", describing(blobs=None)),
        ("who uses it", judging(used_by=("ecs/prod/api",))),
        ("the number of images of a source", looking(replace(ECS, images=99), FILES)),
        ("savings", replace(PLAN, savings=replace(PLAN.savings, freed_bytes=1, exact=False))),
        ("the memory of usage", replace(PLAN, usage=replace(PLAN.usage, memory=SHORT))),
        ("users of missing images", replace(PLAN, usage=replace(PLAN.usage, by_tag={"x": ("y",)}))),
    ],
)
def test_changes_that_keep_the_hash(description: str, other: Plan) -> None:
    assert content_hash(other) == content_hash(PLAN), description


def test_wording_of_problems_and_failures_is_not_hashed() -> None:
    denied, late, more = map(ErrorText, ("AccessDenied", "a timeout", "and more"))
    one = replace(looking(replace(ECS, failure=denied)), problems=(denied,))
    other = replace(looking(replace(ECS, failure=late)), problems=(late, more))
    assert content_hash(one) == content_hash(other)


def test_the_number_of_workloads_to_confirm_is_hashed() -> None:
    """An approver who confirmed another number sees the new one."""
    assert content_hash(looking(ECS, doubting(4))) != content_hash(looking(ECS, doubting(0)))


def test_the_hash_is_sha_256_in_hex() -> None:
    assert re.fullmatch("[0-9a-f]{64}", content_hash(PLAN))


@given(some.worlds, st.randoms(use_true_random=False))
@tries(40)
def test_order_without_meaning_is_not_hashed(world: World, random: Random) -> None:
    plan = world.plan()

    def shuffle(items: Any) -> Any:
        return tuple(random.sample(items, len(items)))

    def shuffled(judged: JudgedManifest) -> JudgedManifest:
        manifest = replace(judged.manifest, tags=shuffle(judged.manifest.tags))
        return replace(judged, manifest=manifest, reasons=shuffle(judged.reasons))

    usage = replace(
        plan.usage,
        scans=shuffle((*plan.usage.scans, ECS, FILES)),
        not_checked=shuffle(plan.usage.not_checked),
    )
    other = replace(plan, judged=shuffle(tuple(map(shuffled, plan.judged))), usage=usage)
    plan = replace(plan, usage=replace(plan.usage, scans=(*plan.usage.scans, ECS, FILES)))
    assert content_hash(as_stored(other)) == content_hash(plan)


@given(some.worlds, some.worlds)
@tries(25)
def test_other_verdicts_make_another_hash(one: World, other: World) -> None:
    plans = one.plan(), other.plan()
    if plans[0].delete != plans[1].delete:
        assert content_hash(plans[0]) != content_hash(plans[1])


def test_20_000_manifests() -> None:
    """In quadratic time, this would take minutes."""

    def numbered(number: int) -> JudgedManifest:
        manifest = replace(
            PLAN.judged[GOING].manifest, digest=f"sha256:{number:064x}", tags=(str(number),)
        )
        return replace(PLAN.judged[GOING], manifest=manifest)

    plan = replace(PLAN, judged=tuple(map(numbered, range(20_000))))
    assert content_hash(plan) != content_hash(PLAN)
