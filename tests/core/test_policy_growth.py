"""How many bytes a week a policy never frees."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.manifest import OCI_INDEX, Blob, ImageStatus, Manifest, ManifestContent
from bot.core.manifest import ManifestReadFailure as ReadFailure
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.policy_growth import policy_growth
from bot.core.rules.newest import NewestRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.savings import SavingsTerms
from bot.core.storage_projection import WEEKS_PER_YEAR
from tests.core import strategies as some
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.render.builders import HERE, image
from tests.support import NOW

NONE = NewestRule(0, TagFilter())


def by_tag(*globs: str, except_tags: str | None = None) -> TagsRule:
    excluded = Patterns.of(except_tags) if except_tags else Patterns()
    return TagsRule(TagFilter(Patterns.of(*globs), excluded))


def growth(
    manifests: list[Manifest],
    *rules: Rule,
    pins: tuple[Pin, ...] = (),
    min_age: timedelta = timedelta(),
) -> int:
    policy = Policy(min_age, Patterns(), rules) if rules else None
    terms = SavingsTerms(0.10, layers_stay_within=True)
    plan = make_plan(HERE, manifests, PlanInputs(policy, NOW, pins=pins), terms)
    return policy_growth(plan.judged, NOW)


def weekly(weeks: int = 20, *moving: str) -> list[Manifest]:
    """One image of 1,000 bytes a week, the last one today with moving tags."""
    return [
        image(n, f"v1.0.{n}", *(moving if n == 0 else ()), size=1000, age=7 * n)
        for n in range(weeks)
    ]


@pytest.mark.parametrize(
    "rule",
    [
        NewestRule(3, TagFilter()),
        SemverRule(TagFilter(), minors=3, patches=2),
        PushedWithinRule(timedelta(days=30), TagFilter()),
        UsedWithinRule(timedelta(days=30), TagFilter()),
    ],
)
def test_rules_with_a_bound_do_not_grow(rule: Rule) -> None:
    assert growth(weekly(), rule) == 0
    assert growth(weekly(), rule, min_age=timedelta(days=14)) == 0


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (NewestRule(20, TagFilter()), 0),
        (NewestRule(26, TagFilter()), 1000 * 6 / WEEKS_PER_YEAR),
        (NewestRule(500, TagFilter()), 1000),
        (PushedWithinRule(timedelta(weeks=23), TagFilter()), 1000 * 4 / WEEKS_PER_YEAR),
    ],
)
def test_rules_grow_until_they_reach_their_bound(rule: Rule, expected: float) -> None:
    """20 weeks with an image each. The rules keep 20 images and 20 weeks now."""
    assert growth(weekly(), rule) == round(expected)
    assert growth(weekly(), rule, by_tag("v*")) == 1000


def branches(number: int = 20, images: int = 3) -> list[Manifest]:
    """A branch a week, with images of 1,000 bytes on three days; `main` has one a day."""
    of_branches = [
        image(10 * week + n, f"b{week}-{n}", size=1000, age=7 * week + n / 2)
        for week in range(number)
        for n in range(images)
    ]
    return [*of_branches, *(image(900 + n, f"main-{n}", size=1000, age=n) for n in range(90))]


@pytest.mark.parametrize(
    ("active_within", "expected"), [(None, 2000 * 10 / 12), (timedelta(days=30), 0)]
)
def test_branches_that_end_keep_their_newest(
    active_within: timedelta | None, expected: float
) -> None:
    """Main and the branches of the last 7 days replace their images."""
    rule = NewestRule(2, TagFilter(), Grouping(GroupPattern("{branch}-*"), active_within))
    assert growth(branches(), rule) == round(expected)


def test_a_rule_without_new_images_does_not_grow() -> None:
    old = [image(n, f"v{n}", size=1000, age=200 + n) for n in range(5)]
    builds = [image(50 + n, f"build-{n}", size=1000, age=7 * n) for n in range(20)]
    assert growth([*old, *builds], NewestRule(10, TagFilter(Patterns.of("v*")))) == 0


def test_tagged_parts_take_no_place_of_a_rule() -> None:
    parts = [image(n, f"arm-{n}", size=1000, age=7 * n) for n in range(20)]
    indexes = [
        image(50 + n, f"v{n}", age=7 * n, content=_index(part), media_type=OCI_INDEX)
        for n, part in enumerate(parts)
    ]
    assert growth([*parts, *indexes], NewestRule(20, TagFilter())) == 0


def test_versions_without_a_limit_grow() -> None:
    assert growth(weekly(), SemverRule(TagFilter(), majors=2)) == 1000
    assert growth(weekly(), SemverRule(TagFilter(), majors=2, minors=3)) == 1000


def test_builds_that_share_a_version_grow() -> None:
    builds = [image(n, f"1.4.2_{n:07x}", size=1000, age=7 * n) for n in range(20)]
    assert growth(builds, SemverRule(TagFilter(), minors=1, patches=1)) == 1000


def test_builds_of_different_versions_do_not_grow() -> None:
    builds = [image(n, f"1.4.{n}_{n:07x}", size=1000, age=7 * n) for n in range(20)]
    assert growth(builds, SemverRule(TagFilter(), minors=1, patches=3)) == 0
    commits = [image(n, f"1.4.2-{n:07x}", size=1000, age=7 * n) for n in range(20)]
    assert growth(commits, SemverRule(TagFilter(), minors=1, patches=3)) == 0


def test_tags_that_are_kept_for_ever_grow() -> None:
    assert growth(weekly(), by_tag("v*")) == 1000
    assert growth(weekly(), NewestRule(5, TagFilter()), by_tag("v*")) == 1000


@pytest.mark.parametrize("glob", ["latest", "*latest*", "LATEST"])
def test_a_moving_tag_does_not_grow(glob: str) -> None:
    assert growth(weekly(20, "latest"), by_tag(glob)) == 0


def test_a_moving_tag_beside_tags_that_grow() -> None:
    images = [*weekly(20, "latest"), *(image(90 + n, f"b{n}", size=7, age=7 * n) for n in range(9))]
    assert growth(images, by_tag("latest", "v*")) == 1000
    assert growth(images, by_tag("*", except_tags="b*")) == 1000


def test_a_repository_without_policy_grows_by_all_of_its_images() -> None:
    assert growth(weekly()) == 1000


def test_only_the_last_12_weeks_count() -> None:
    assert growth([image(n, size=1000, age=7 * n) for n in range(12, 30)]) == 0


def test_a_young_repository_grows_from_its_first_push() -> None:
    """The week of the first push has a whole image, of which later ones share layers."""
    first = image(50, size=99_999, age=7 * 6 + 3)
    assert growth([first, *(image(n, size=1000, age=7 * n) for n in range(6))]) == 1000


def test_a_repository_of_less_than_4_weeks_counts_as_4_weeks_old() -> None:
    assert growth(weekly(2)) == 500


def test_an_import_and_the_end_of_pushes_are_not_growth() -> None:
    assert growth([*weekly(), image(50, size=10**9, age=30)]) == 1000
    assert growth(weekly()[6:]) == 0


def test_shared_layers_are_new_once() -> None:
    manifests = [image(n, f"v{n}", size=1000, age=7 * n, shared=5000) for n in range(20)]
    assert growth(manifests) == 1000


def test_a_layer_is_new_when_its_first_image_was_pushed() -> None:
    old = [image(50 + n, size=1000, age=100) for n in range(12)]
    again = [image(n, f"release-{n}", age=7 * n, content=_as(old[n])) for n in range(12)]
    assert growth([*old, *again], by_tag("release-*")) == 0


def _as(manifest: Manifest) -> ManifestContent:
    return ManifestContent(manifest.config_type or "", manifest.config_type, manifest.blobs)


def test_pins_without_an_end_are_kept_for_ever() -> None:
    for_ever = [Pin(f"v1.0.{n}", "ann", "a customer runs it") for n in range(12)]
    for_a_day = [replace(pin, until=NOW + timedelta(days=1)) for pin in for_ever]
    assert growth(weekly(), NONE, pins=tuple(for_ever)) == 1000
    assert growth(weekly(), NONE, pins=tuple(for_a_day)) == 0


def test_parts_grow_with_any_of_their_parents() -> None:
    """Each week's image is part of two indexes, of which the one with the higher digest has a tag
    that is kept for ever."""
    images = [image(n, size=1000, age=7 * n) for n in range(20)]
    short, long = (
        [
            image(start + n, f"{tag}-{n}", age=7 * n, content=_index(part), media_type=OCI_INDEX)
            for n, part in enumerate(images)
        ]
        for start, tag in ((100, "build"), (200, "release"))
    )
    newest = NewestRule(20, TagFilter(Patterns.of("build-*")))
    assert growth([*images, *short], newest) == 0
    assert growth([*images, *short, *long], newest, by_tag("release-*")) == 1000


def _index(part: Manifest) -> ManifestContent:
    return ManifestContent(OCI_INDEX, None, (), (part.digest,))


def test_unread_images_grow_by_their_listed_size() -> None:
    failure = ReadFailure(ErrorText("timed out"))
    assert growth([image(n, size=1000, age=7 * n, content=failure) for n in range(20)]) == 1000


def test_archived_images_grow() -> None:
    archived = [replace(each, status=ImageStatus.ARCHIVED) for each in weekly()]
    assert growth(archived, NONE) == 1000


def test_images_without_push_time_are_not_new() -> None:
    assert growth([*weekly(), image(50, age=None)], by_tag("v*")) == 1000


def test_an_empty_repository() -> None:
    assert growth([]) == 0
    assert growth([], NONE) == 0


@given(world=some.worlds, random=st.randoms(use_true_random=False))
@tries(50)
def test_the_order_of_manifests_changes_nothing(world: World, random: Random) -> None:
    judged = list(world.plan().judged)
    shuffled = random.sample(judged, len(judged))
    assert policy_growth(shuffled, some.NOW) == policy_growth(judged, some.NOW) >= 0


@given(world=some.worlds)
@tries(50)
def test_twice_the_bytes_grow_twice_as_fast(world: World) -> None:
    judged = world.plan().judged
    doubled = [replace(each, manifest=_doubled(each.manifest)) for each in judged]
    expected = 2 * policy_growth(judged, some.NOW)
    assert policy_growth(doubled, some.NOW) == pytest.approx(expected, abs=1)


def _doubled(manifest: Manifest) -> Manifest:
    blobs = manifest.blobs and tuple(Blob(blob.digest, 2 * blob.size) for blob in manifest.blobs)
    return replace(manifest, size_bytes=2 * manifest.size_bytes, blobs=blobs)
