"""How many bytes a week a policy never frees."""

from datetime import timedelta

from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.policy_growth import policy_growth
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.tags import TagsRule
from bot.core.savings import SavingsTerms
from tests.render.builders import HERE, image
from tests.support import NOW

NEWEST = NewestRule(3, TagFilter())


def by_tag(glob: str) -> TagsRule:
    return TagsRule(TagFilter(Patterns.of(glob)))


def growth(manifests: list[Manifest], *rules: Rule, pins: tuple[Pin, ...] = ()) -> int:
    policy = Policy(timedelta(), Patterns(), rules) if rules else None
    terms = SavingsTerms(0.10, layers_stay_within=True)
    plan = make_plan(HERE, manifests, PlanInputs(policy, NOW, pins=pins), terms)
    return policy_growth(plan.judged, NOW)


def weekly(weeks: int, *extra: str) -> list[Manifest]:
    """One image of 1,000 bytes a week, the last one today."""
    return [
        image(n, f"v{n}", *(extra if n == 0 else ()), size=1000, age=7 * n) for n in range(weeks)
    ]


def test_images_that_a_count_keeps_do_not_grow() -> None:
    assert growth(weekly(20), NEWEST) == 0


def test_a_moving_tag_does_not_grow() -> None:
    assert growth(weekly(20, "latest"), NEWEST, by_tag("latest")) == 0


def test_tags_that_are_kept_for_ever_grow() -> None:
    """12 weeks with an image each, of which the newest may have a moving tag."""
    assert growth(weekly(20), by_tag("v*")) == round(11 * 1000 / 12)


def test_a_repository_without_policy_grows_by_all_of_its_images() -> None:
    assert growth(weekly(20)) == 1000


def test_a_young_repository_grows_from_its_first_push() -> None:
    assert growth(weekly(3)) == 1500


def test_shared_layers_are_new_once() -> None:
    manifests = [image(n, f"v{n}", size=1000, age=7 * n, shared=5000) for n in range(20)]
    assert growth(manifests) == 1000


def test_pins_without_an_end_are_kept_for_ever() -> None:
    for_ever = Pin("v2", "ann", "a customer runs it")
    for_a_day = Pin("v3", "ann", "a test", NOW + timedelta(days=1))
    manifests = weekly(20)
    assert growth(manifests, NewestRule(0, TagFilter()), pins=(for_ever, for_a_day)) == round(
        1000 / 12
    )


def test_parts_grow_with_their_index() -> None:
    children = [image(n, size=1000, age=7) for n in range(2)]
    others = [image(n, f"v{n}", size=1000, age=7 * n) for n in range(13, 20)]
    contents = ManifestContent(OCI_INDEX, None, (), tuple(child.digest for child in children))
    index = image(50, "release-1", age=7, content=contents, media_type=OCI_INDEX)
    newer = image(51, "release-2", age=1, size=0)
    assert growth([*children, index, newer, *others], by_tag("release-*")) == round(2000 / 12)


def test_an_empty_repository() -> None:
    assert growth([]) == 0
