"""Counts of images and of other manifests, and how many images each reason keeps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.last_use import LastUse, MemoryReach
from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.savings import SavingsTerms
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import LegacyReason, RuleName
from bot.render.image_counts import (
    ImageCount,
    count_images,
    image_and_manifest_words,
    image_words,
    kept_words,
)
from bot.render.plan_summary import PlanSummary, kept_because
from tests.render.builders import HERE, image, plan
from tests.support import NOW

SNAPSHOTS = Patterns(("*SNAPSHOT*",))


@pytest.mark.parametrize(
    ("number", "words", "with_manifests", "unit"),
    [
        (ImageCount(1, 0, 1), "1 image", "1 image", "image"),
        (ImageCount(255, 0, 1020), "255 images", "255 images (1,020 manifests)", "manifest"),
        (
            ImageCount(255, 4, 259),
            "255 images and 4 other manifests",
            "255 images and 4 other manifests",
            "manifest",
        ),
        (
            ImageCount(2, 1, 9),
            "2 images and 1 other manifest",
            "2 images and 1 other manifest (9 manifests)",
            "manifest",
        ),
        (ImageCount(0, 4, 4), "4 manifests", "4 manifests", "manifest"),
        (ImageCount(0, 0, 0), "0 images", "0 images", "image"),
    ],
)
def test_words(number: ImageCount, words: str, with_manifests: str, unit: str) -> None:
    assert image_words(number) == words
    assert image_and_manifest_words(number) == with_manifests
    assert number.unit == unit


def test_an_image_is_a_root_with_its_parts() -> None:
    children = (image(1), image(2))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    referrer = replace(ManifestContent(OCI_INDEX), subject=f"sha256:{9:064}")
    made = plan(
        image(3, "multi", content=index, media_type=OCI_INDEX),
        *children,
        image(4),
        image(5, content=referrer, media_type=OCI_INDEX),
        subjects_seen=frozenset({f"sha256:{9:064}"}),
    )
    assert count_images(PlanSummary(made).deleted_groups) == ImageCount(2, 1, 5)


def kept(*tags: str, rules: tuple[Rule, ...], most: int = 6, **inputs: object) -> str:
    """An image for each tag, newest first."""
    policy = Policy(timedelta(), Patterns(), rules)
    images = [image(number, tag, age=40 + number) for number, tag in enumerate(tags)]
    found = PlanInputs(policy, NOW, **inputs)  # type: ignore[arg-type]
    made: Plan = make_plan(HERE, images, found, SavingsTerms(0.10, layers_stay_within=True))
    return kept_words(PlanSummary(made).kept_groups, most)


def test_images_in_use_come_first_then_pins_then_the_largest_number() -> None:
    usage = RepositoryUsage(by_tag={"1.0.0": ("pod",)})
    pin = Pin("1.1.0", "ann", "audit")
    rules = (
        TagsRule(TagFilter(Patterns(("*latest*",)))),
        NewestRule(2, TagFilter(SNAPSHOTS)),
        NewestRule(3, TagFilter(None, SNAPSHOTS)),
    )
    tags = ("latest", "3.0.0", "2.9.0", "2.9.0-SNAPSHOT-2", "2.9.0-SNAPSHOT-1", "1.1.0", "1.0.0")
    assert kept(*tags, rules=rules, usage=usage, pins=(pin,)) == (
        "1 in use · 1 pinned · 2 newest releases · 2 newest `*SNAPSHOT*` · `latest`"
    )


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (("1.1.0", "v1.0.0"), "2 newest releases"),
        (("1.1.0",), "1 newest release"),
        (("1.1.0", "main-4711"), "2 newest images"),
        (("1.1.0", "1.1.0-rc.1"), "2 newest images"),
        (("20260101",), "1 newest image"),
    ],
)
def test_only_versions_are_called_releases(tags: tuple[str, ...], words: str) -> None:
    assert kept(*tags, rules=(NewestRule(5, TagFilter()),)) == words


def test_other_rules() -> None:
    assert kept("1.1.0", "1.0.0", rules=(SemverRule(TagFilter()),)) == "2 newest versions"
    stable = TagsRule(TagFilter(Patterns(("stable*", "lts*"))))
    assert kept("stable1", "lts2", rules=(stable,)) == "2 tagged `stable*` or `lts*`"


def test_recent_uses_and_pulls_are_counted_apart() -> None:
    """Until the memory covers the duration, `used_within` keeps pulled images too."""
    month = timedelta(days=30)
    used = RepositoryUsage(
        last_uses={image(0).digest: LastUse(NOW - timedelta(days=3), ("a job",))},
        memory=MemoryReach(None, month),
    )
    policy = Policy(timedelta(), Patterns(), (UsedWithinRule(month, TagFilter()),))
    images = [image(0, age=40), image(1, age=40, pulled=1), image(2, age=40, pulled=2)]
    terms = SavingsTerms(0.10, layers_stay_within=True)
    made = make_plan(HERE, images, PlanInputs(policy, NOW, used), terms)
    assert kept_words(PlanSummary(made).kept_groups, 6) == "2 pulled recently · 1 in use recently"


@pytest.mark.parametrize("rule", sorted(set(RuleName) - {RuleName.NOTHING_KEEPS}))
def test_every_rule_that_keeps_has_words(rule: RuleName) -> None:
    assert kept_because(LegacyReason(rule, "a sentence"))


def test_the_newest_of_each_group() -> None:
    per_branch = NewestRule(2, TagFilter(), Grouping(GroupPattern("{branch}-*")))
    of_apps = NewestRule(1, TagFilter(), Grouping(GroupPattern("{team}.{app}")))
    tags = ("a-3", "a-2", "a-1", "b-1", "shop.web", "ops.web")
    assert kept(*tags, rules=(per_branch, of_apps)) == (
        "3 newest of their branch · 2 newest of their team and app"
    )


def test_further_reasons_are_counted_together() -> None:
    rules = tuple(NewestRule(1, TagFilter(Patterns((f"{name}*",)))) for name in "abc")
    assert kept("a1", "b1", "c1", rules=rules, most=1) == "1 newest `a*` · 2 for other reasons"
