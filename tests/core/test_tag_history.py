"""Tag scans, and the effect of new tags on existing images on rules."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    DescribedImage,
    Manifest,
    ManifestContent,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.plan import Plan
from bot.core.policy import PlanInputs, Policy
from bot.core.records import PastTagBinding, TagBinding, TagScan
from bot.core.rules.newest import NewestRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.tag_history import retagged_at, scan_tags
from bot.core.verdict_reasons import RuleName
from bot.render.reasons import reason_words
from tests.core import strategies as some
from tests.core.strategies import DIGESTS, IMAGE_CONFIG, NOW, World
from tests.core.test_properties import tries

A, B, C, D = DIGESTS[:4]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LAST = NOW - 7 * DAY
LONG_AGO = NOW - 100 * DAY
ALL = TagFilter()


def image(digest: str, *tags: str, pushed: datetime | None = LONG_AGO) -> Manifest:
    return manifest(digest, tags, pushed, ManifestContent(OCI_MANIFEST, IMAGE_CONFIG))


def index(digest: str, children: Iterable[str], *tags: str) -> Manifest:
    return manifest(digest, tags, LONG_AGO, ManifestContent(OCI_INDEX, children=tuple(children)))


def manifest(
    digest: str, tags: tuple[str, ...], pushed: datetime | None, content: ManifestContent
) -> Manifest:
    described = DescribedImage(
        digest, tags, pushed, None, 1, media_type=content.media_type, config_type=IMAGE_CONFIG
    )
    return make_manifest(described, content)


def before(lost: Mapping[str, datetime] | None = None, **bindings: TagBinding) -> TagScan:
    return TagScan(LAST, bindings, lost or {})


@pytest.mark.parametrize(
    ("description", "last", "manifests", "bindings", "lost"),
    [
        (
            "the first scan has no changes",
            None,
            [image(A, "1", "2"), image(B)],
            {"1": TagBinding(A, None), "2": TagBinding(A, None)},
            {},
        ),
        (
            "nothing happened",
            before(one=TagBinding(A, None), two=TagBinding(A, LONG_AGO)),
            [image(A, "one", "two")],
            {"one": TagBinding(A, None), "two": TagBinding(A, LONG_AGO)},
            {},
        ),
        (
            "a new tag on an old image",
            before(one=TagBinding(A, None)),
            [image(A, "one", "new")],
            {"one": TagBinding(A, None), "new": TagBinding(A, NOW)},
            {},
        ),
        (
            "a first tag on an old image",
            before(),
            [image(A, "new", pushed=LAST)],
            {"new": TagBinding(A, NOW)},
            {},
        ),
        (
            "a tag that moved to an old image from one that is gone",
            before(one=TagBinding(A, LONG_AGO)),
            [image(A), image(B, "one")],
            {"one": TagBinding(B, NOW)},
            {A: NOW},
        ),
        (
            "a tag that moved with a push",
            before(latest=TagBinding(A, None), one=TagBinding(A, None)),
            [image(A, "one"), image(B, "latest", pushed=LAST + DAY)],
            {"one": TagBinding(A, None), "latest": TagBinding(B, None)},
            {},
        ),
        (
            "ECR returned no push time",
            before(),
            [image(A, "new", pushed=None)],
            {"new": TagBinding(A, NOW)},
            {},
        ),
        (
            "it lost one of two tags",
            before(one=TagBinding(A, None), two=TagBinding(A, None)),
            [image(A, "one")],
            {"one": TagBinding(A, None)},
            {},
        ),
        ("it lost its last tag", before(one=TagBinding(A, None)), [image(A)], {}, {A: NOW}),
        ("it lost it long ago", before(lost={A: LONG_AGO}), [image(A)], {}, {A: LONG_AGO}),
        ("it never had one", before(), [image(A)], {}, {}),
        (
            "it has a tag again",
            before(lost={A: LONG_AGO}),
            [image(A, "one")],
            {"one": TagBinding(A, NOW)},
            {},
        ),
        (
            "it lost that too",
            before(lost={A: LONG_AGO}, one=TagBinding(A, LAST)),
            [image(A)],
            {},
            {A: NOW},
        ),
        ("it is gone", before(lost={A: LONG_AGO}, one=TagBinding(B, LONG_AGO)), [], {}, {}),
    ],
)
def test_scans(
    description: str,
    last: TagScan | None,
    manifests: list[Manifest],
    bindings: Mapping[str, TagBinding],
    lost: Mapping[str, datetime],
) -> None:
    scan = scan_tags(last, manifests, NOW)
    assert (scan.at, scan.lost) == (NOW, lost), description
    assert without_history(scan) == bindings, description


def test_a_scan_by_a_clock_that_was_ahead_is_ignored() -> None:
    ahead = TagScan(NOW + 2 * HOUR, {"1": TagBinding(A, NOW + 2 * HOUR)}, {B: NOW + 2 * HOUR})
    manifests = [image(A, "1", "2"), image(B)]
    assert scan_tags(ahead, manifests, NOW) == scan_tags(None, manifests, NOW)


def test_clocks_may_differ_a_little() -> None:
    last = TagScan(NOW + HOUR, {"1": TagBinding(A, LAST)}, {B: LAST})
    scan = scan_tags(last, [image(A, "1", "2"), image(B)], NOW)
    assert (scan.at, scan.lost) == (NOW, {B: LAST})
    assert without_history(scan) == {"1": TagBinding(A, LAST), "2": TagBinding(A, NOW)}


def without_history(scan: TagScan) -> dict[str, TagBinding]:
    return {tag: TagBinding(each.digest, each.since) for tag, each in scan.bindings.items()}


def test_past_bindings_are_kept_while_the_image_exists() -> None:
    """`latest` moved from A to C. Between two scans it named B."""
    first = scan_tags(None, [image(A, "latest", "1"), image(D, "old")], LAST)
    assert (first.past, first.reaches_back_to) == ((), LAST)
    second = scan_tags(first, [image(A, "1"), image(B), image(C, "latest")], LAST + DAY)
    gone = PastTagBinding("latest", A, gone_by=LAST + DAY)
    assert second.past == (gone,)
    assert second.bindings["latest"].came_after == LAST
    assert second.bindings["latest"].came_by == LAST + DAY
    third = scan_tags(second, [image(A), image(B, "latest"), image(C)], NOW)
    assert third.past == (
        PastTagBinding("1", A, gone_by=NOW),
        gone,
        PastTagBinding("latest", C, gone_by=NOW, came_after=LAST, came_by=LAST + DAY),
    )
    assert third.reaches_back_to == LAST
    fourth = scan_tags(third, [image(B), image(C, "latest")], NOW + DAY)
    assert [(each.tag, each.digest, each.gone_by) for each in fourth.past] == [
        ("latest", B, NOW + DAY),
        ("latest", C, NOW),
    ]


def test_a_history_by_a_clock_that_was_ahead_starts_again() -> None:
    ahead = TagScan(NOW + 2 * HOUR, {}, {}, (PastTagBinding("1", A, NOW),), LONG_AGO)
    scan = scan_tags(ahead, [image(A)], NOW)
    assert (scan.past, scan.reaches_back_to) == ((), NOW)


def test_retagged_at_is_the_last_new_tag_or_the_loss_of_all() -> None:
    scan = TagScan(
        NOW,
        {
            "a": TagBinding(A, LAST),
            "b": TagBinding(A, NOW),
            "c": TagBinding(A, LONG_AGO),
            "d": TagBinding(A, None),
            "e": TagBinding(B, None),
        },
        {C: LAST},
    )
    assert retagged_at(scan) == {A: NOW, C: LAST}


steps = st.lists(some.repositories(), min_size=2, max_size=4)


@given(steps, st.randoms(use_true_random=False))
@tries(30)
def test_the_order_of_the_inventory_changes_nothing(
    inventories: list[list[Manifest]], random: Random
) -> None:
    scan = shuffled = None
    for day, manifests in enumerate(inventories):
        now = NOW + day * DAY
        scan = scan_tags(scan, manifests, now)
        shuffled = scan_tags(shuffled, random.sample(manifests, len(manifests)), now)
        assert scan == shuffled


@given(steps)
@tries(30)
def test_invariants_of_any_scan(inventories: list[list[Manifest]]) -> None:
    last = None
    for day, manifests in enumerate(inventories):
        now = NOW + day * DAY
        scan = scan_tags(last, manifests, now)
        untagged = {m.digest for m in manifests if not m.tags}
        assert {t: b.digest for t, b in scan.bindings.items()} == {
            tag: m.digest for m in manifests for tag in m.tags
        }
        assert scan.lost.keys() <= untagged
        assert all(at <= now for at in retagged_at(scan).values())
        assert {each.digest for each in scan.past} <= {m.digest for m in manifests}
        again = replace(scan, at=now + DAY, known_since=scan.reaches_back_to)
        assert scan_tags(scan, manifests, now + DAY) == again
        last = scan


def world(manifests: list[Manifest], renewed: Mapping[str, datetime], *keep: Rule) -> World:
    policy = Policy(DAY, Patterns(), keep)
    return World(manifests, PlanInputs(policy, NOW, retagged_at=renewed))


def reason(plan: Plan, digest: str) -> str:
    (judged,) = (each for each in plan.judged if each.manifest.digest == digest)
    return reason_words(judged.reasons[0])


def test_a_promoted_image_is_the_newest() -> None:
    images = [
        image(A, "1.0", "prod", pushed=NOW - 90 * DAY),
        image(B, "1.1", pushed=NOW - 80 * DAY),
        image(C, "1.2", pushed=NOW - 70 * DAY),
    ]
    assert world(images, {}, NewestRule(2, ALL)).plan().delete == (A,)
    plan = world(images, {A: NOW - 60 * DAY}, NewestRule(2, ALL)).plan()
    assert plan.delete == (B,)
    assert reason(plan, A) == (
        "one of the 2 newest images (1st: got one of its tags 2026-09-24 12:00 UTC)"
    )
    assert reason(plan, C) == "one of the 2 newest images (2nd)"


@pytest.mark.parametrize("renewed", [{}, {A: LONG_AGO - DAY}, {A: LONG_AGO}])
def test_a_tag_before_the_push_changes_no_rank(renewed: Mapping[str, datetime]) -> None:
    images = [image(A, "1"), image(B, "2", pushed=LONG_AGO + DAY)]
    plan = world(images, renewed, NewestRule(2, ALL)).plan()
    assert reason(plan, A) == "one of the 2 newest images (2nd)"


def test_equal_ages_are_ordered_by_push_and_then_by_digest() -> None:
    images = [image(A, "1"), image(B, "2", pushed=LAST), image(C, "3", pushed=LAST)]
    assert world(images, {A: LAST}, NewestRule(2, ALL)).plan().delete == (A,)
    assert world(images, {A: LAST}, NewestRule(1, ALL)).plan().delete == (A, C)


def test_images_retagged_in_one_scan_are_ordered_by_push() -> None:
    images = [image(A, "1"), image(B, "2", pushed=LONG_AGO + DAY), image(C, "3")]
    assert world(images, {A: LAST, B: LAST, C: LAST}, NewestRule(1, ALL)).plan().delete == (A, C)


def test_a_tagged_child_retagged_with_others_is_as_young_as_its_push() -> None:
    group = [index(A, [B]), image(B, "child")]
    newer = [image(C, "3", pushed=LONG_AGO + DAY)]
    renewed = {B: LAST, C: LAST}
    assert world(group + newer, renewed, NewestRule(1, ALL)).deleted() == {A, B}


def test_a_promoted_tagged_child_is_as_young_as_its_promotion() -> None:
    group = [index(A, [B]), image(B, "child")]
    newer = [image(C, "3", pushed=LAST)]
    assert world(group + newer, {}, NewestRule(1, ALL)).deleted() == {A, B}
    plan = world(group + newer, {B: LAST + DAY}, NewestRule(1, ALL)).plan()
    assert plan.delete == (A,)
    assert "by its own tag (1st)" in reason(plan, B)


@pytest.mark.parametrize(
    ("description", "manifests", "renewed", "because"),
    [
        (
            "a root that lost its last tag",
            [image(A)],
            {A: NOW - timedelta(hours=23)},
            "lost its last tag 2026-11-22 13:00 UTC, less than 1d ago",
        ),
        (
            "a root that got its only tag",
            [image(A, "1.4.0")],
            {A: NOW},
            "got its tag 1.4.0 2026-11-23 12:00 UTC, less than 1d ago",
        ),
        (
            "a root that got one of its tags",
            [image(A, "1.4.0", "prod")],
            {A: NOW},
            "got one of its tags 2026-11-23 12:00 UTC, less than 1d ago",
        ),
        (
            "a child that lost its last tag",
            [index(A, [B]), image(B)],
            {B: NOW},
            "one of its parts got a tag, or lost its last one, 2026-11-23 12:00 UTC, less than 1d",
        ),
        (
            "a child that was pushed after its root got a tag",
            [index(A, [B]), image(B, pushed=NOW)],
            {A: NOW - timedelta(hours=1)},
            "one of its parts was pushed 2026-11-23 12:00 UTC, less than 1d ago",
        ),
        (
            "a push that was later than the tag",
            [image(A, "1", pushed=NOW)],
            {A: NOW - timedelta(hours=1)},
            "pushed 2026-11-23 12:00 UTC, less than 1d ago",
        ),
    ],
)
def test_a_retagged_image_has_a_new_minimum_age(
    description: str, manifests: list[Manifest], renewed: Mapping[str, datetime], because: str
) -> None:
    plan = world(manifests, renewed).plan()
    assert plan.delete == (), description
    assert reason(plan, A).startswith(because)


def test_after_the_minimum_age_it_is_deleted() -> None:
    assert world([image(A)], {A: NOW - DAY}).plan().delete == (A,)


@pytest.mark.parametrize(
    "rule", [PushedWithinRule(30 * DAY, ALL), SemverRule(ALL, majors=1, minors=1, patches=1)]
)
def test_other_rules_use_the_push_time(rule: Rule) -> None:
    images = [image(A, "1.0.0"), image(B, "2.0.0", pushed=NOW - 20 * DAY)]
    assert world(images, {A: NOW - 10 * DAY}, rule).plan().delete == (A,)


def test_the_push_time_is_still_that_of_ecr() -> None:
    plan = world([image(A, "1")], {A: NOW}).plan()
    assert plan.judged[0].manifest.pushed_at == LONG_AGO
    assert [each.rule for each in plan.judged[0].reasons] == [RuleName.MIN_AGE]


renewals = st.dictionaries(st.sampled_from(DIGESTS), some.times)


@given(some.worlds, renewals, st.randoms(use_true_random=False))
@tries(40)
def test_the_order_of_retagged_images_changes_nothing(
    any_world: World, renewed: Mapping[str, datetime], random: Random
) -> None:
    inputs = replace(any_world.inputs, retagged_at=renewed)
    shuffled = random.sample(any_world.manifests, len(any_world.manifests))
    assert World(shuffled, inputs).plan() == World(any_world.manifests, inputs).plan()


@given(some.ruled_worlds, renewals)
@tries(40)
def test_no_image_retagged_within_the_minimum_age_is_deleted(
    any_world: World, renewed: Mapping[str, datetime]
) -> None:
    policy = any_world.inputs.policy
    assert policy
    for digest in any_world.deleted(retagged_at=renewed):
        assert digest not in renewed or NOW - renewed[digest] >= policy.min_age
