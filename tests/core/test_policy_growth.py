"""The bytes a week that a policy never frees."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core.manifest import OCI_MANIFEST, Blob, DescribedImage, Manifest, ManifestContent
from bot.core.manifest import make_manifest as combine
from bot.core.patterns import Patterns
from bot.core.policy import PlanInputs, Policy
from bot.core.policy_growth import policy_growth
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.tags import TagsRule
from tests.core.strategies import IMAGE_CONFIG, NOW, World

WEEKLY = 100


def digest(name: str) -> str:
    return f"sha256:{name.encode().hex()}".ljust(71, "0")


def image(number: int, *tags: str) -> Manifest:
    """The image of a week, with one layer that no other image has. Week 0 is the last."""
    name = f"image {number}"
    content = ManifestContent(OCI_MANIFEST, IMAGE_CONFIG, (Blob(f"layer {number}", WEEKLY),))
    described = DescribedImage(
        digest(name), tags, NOW - timedelta(weeks=number, days=1), None, WEEKLY
    )
    return combine(described, content)


def growth(images: Sequence[Manifest], *rules: Rule) -> int | None:
    policy = Policy(timedelta(0), Patterns(), rules)
    return policy_growth(World(list(images), PlanInputs(policy, NOW)).plan().judged, NOW)


def tags(*globs: str) -> TagsRule:
    return TagsRule(TagFilter(Patterns.of(*globs)))


@pytest.mark.parametrize(
    ("description", "rules", "expected"),
    [
        ("no rule keeps any", [], 0),
        ("a number of images", [NewestRule(5, TagFilter())], 0),
        ("all images of a pattern", [tags("v*")], WEEKLY),
        ("both", [NewestRule(5, TagFilter()), tags("v*")], WEEKLY),
    ],
)
def test_growth_by_rules(description: str, rules: Sequence[Rule], expected: int) -> None:
    images = [image(number, f"v{number}") for number in range(20)]
    assert growth(images, *rules) == expected, description


@pytest.mark.parametrize("pattern", ["latest", "*latest*"])
def test_a_moving_tag_keeps_one_image(pattern: str) -> None:
    images = [image(number, *(["latest"] if number == 0 else [])) for number in range(20)]
    assert growth(images, tags(pattern)) == 0
