"""`newest` with `per`: against an oracle that finds the groups by trying every split of a tag."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PatternError
from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.patterns import Patterns
from bot.core.plan import make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import ImageGroup, RuleCandidates, TagFilter
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.savings import SavingsTerms
from bot.core.verdict_reasons import AmongNewest, CapturedGroup, Verdict
from tests.core import strategies as some
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.render.builders import HERE, image
from tests.support import NOW

PATTERNS = ["{branch}-*", "feature-{branch}-*", "*{a}-{b}", "f{branch}?", "{a}-[0-9]*", "{all}"]
FILTERS = [
    TagFilter(),
    TagFilter(Patterns.of("f*")),
    TagFilter(None, Patterns.of("*b*")),
    TagFilter(Patterns.of("*-*"), Patterns.of("*a*")),
]
tags = st.sets(
    st.from_regex(r"(feature-|Feature-|f)?[abA]{1,2}(-[ab])?(-[12]{1,2})?", fullmatch=True),
    max_size=3,
)


@st.composite
def repositories(draw: st.DrawFn) -> list[Manifest]:
    """Images, of which some are in an index; a tag is on one of them."""
    taken: set[str] = set()
    found = []
    for number in range(draw(st.integers(0, 9))):
        own = draw(tags) - taken
        taken |= own
        found.append(image(number, *sorted(own), age=draw(st.integers(1, 6))))
    children = [m for m in found if draw(st.integers(0, 4)) == 0]
    if children:
        listed = ManifestContent(OCI_INDEX, children=tuple(m.digest for m in children))
        rest = sorted(draw(tags) - taken)
        age = draw(st.integers(1, 6))
        found.append(image(99, *rest, age=age, content=listed, media_type=OCI_INDEX))
    return found


groupings = st.builds(
    Grouping,
    st.sampled_from(PATTERNS).map(GroupPattern),
    st.none() | st.integers(1, 6).map(lambda days: timedelta(days=days)),
)
rules = st.builds(NewestRule, st.integers(0, 3), st.sampled_from(FILTERS), groupings)


def deleted(manifests: Sequence[Manifest], *keep: object) -> set[str]:
    policy = Policy(timedelta(), Patterns(), keep)  # type: ignore[arg-type]
    terms = SavingsTerms(0.10, layers_stay_within=True)
    return set(make_plan(HERE, manifests, PlanInputs(policy, NOW), terms).delete)


def captures(pattern: str, tag: str) -> Iterator[list[str]]:
    """What the placeholders capture, best first, by trying every length."""
    if not pattern:
        if not tag:
            yield []
        return
    element = "[0-9]" if pattern[0] == "[" else pattern[0]
    if element == "{":
        element = pattern[: pattern.index("}") + 1]
    for length in lengths(element, tag):
        for following in captures(pattern[len(element) :], tag[length:]):
            yield [tag[:length], *following] if element[0] == "{" else following


def lengths(element: str, tag: str) -> range:
    if element[0] == "{":
        return range(len(tag), 0, -1)
    if element == "*":
        return range(len(tag) + 1)
    if element == "[0-9]":
        return range(1, 1 + tag[:1].isdigit())
    return range(1, 1 + (tag[:1] != "" and element in ("?", tag[0].lower())))


def groups(rule: NewestRule, manifest: Manifest) -> set[tuple[str, ...]]:
    assert rule.per
    passing = filter(rule.filter.matches, manifest.tags)
    found = (next(captures(rule.per.pattern.text, tag), None) for tag in passing)
    return {tuple(texts) for texts in found if texts is not None}


def expected(manifests: Sequence[Manifest], rule: NewestRule) -> set[str]:
    """What the rule keeps by itself: without the parts of what it keeps."""
    assert rule.per
    parts = {digest for manifest in manifests for digest in manifest.children}
    roots = [manifest for manifest in manifests if manifest.digest not in parts]
    by_digest = {manifest.digest: manifest for manifest in manifests}
    kept = set()
    for each in manifests:
        for group in groups(rule, each):
            members = [root for root in roots if group in groups(rule, root)]
            newer = sum(_is_newer(root, each, each.digest in parts) for root in members)
            youngest = max(
                (
                    by_digest[digest].pushed_at or NOW
                    for root in members
                    for digest in (root.digest, *root.children)
                ),
                default=NOW,
            )
            within = rule.per.active_within
            if newer < rule.count and (within is None or NOW - youngest <= within):
                kept.add(each.digest)
    return kept


def _is_newer(root: Manifest, other: Manifest, is_part: bool) -> bool:  # noqa: FBT001
    assert root.pushed_at
    assert other.pushed_at
    if root.pushed_at != other.pushed_at:
        return root.pushed_at > other.pushed_at
    return not is_part and root.digest < other.digest


@given(repositories(), rules)
@tries(240)
def test_exactly_the_newest_of_each_group_are_kept(
    manifests: list[Manifest], rule: NewestRule
) -> None:
    kept = expected(manifests, rule)
    kept |= {child for m in manifests if m.digest in kept for child in m.children}
    assert deleted(manifests, rule) == {m.digest for m in manifests} - kept


@given(some.worlds, st.integers(0, 4), some.filters)
@tries(75)
def test_one_group_is_the_rule_without_per(world: World, count: int, tags: TagFilter) -> None:
    """The pattern captures nothing of every tag."""
    policy = Policy(timedelta(), Patterns(), (NewestRule(count, tags),))
    one = Grouping(GroupPattern(r"/(?P<nothing>[^\w.-]*)[\w.-]*/"))
    in_one_group = replace(policy, keep=(NewestRule(count, tags, one),))
    assert world.deleted(policy=in_one_group) == world.deleted(policy=policy)


@given(repositories(), rules, st.randoms(use_true_random=False))
@tries(75)
def test_the_order_of_images_and_tags_changes_nothing(
    manifests: list[Manifest], rule: NewestRule, random: Random
) -> None:
    policy = Policy(timedelta(), Patterns(), (rule,))
    shuffled = random.sample(manifests, len(manifests))
    ours, theirs = (
        World(each, PlanInputs(policy, NOW)).plan().judged for each in (manifests, shuffled)
    )
    assert ours == theirs


@given(repositories(), rules)
@tries(75)
def test_a_rule_could_keep_a_tag_if_it_keeps_it_alone(
    manifests: list[Manifest], rule: NewestRule
) -> None:
    always = NewestRule(rule.count, rule.filter, rule.per and Grouping(rule.per.pattern))
    for tag in (tag for manifest in manifests for tag in manifest.tags):
        assert rule.could_keep(tag) == (deleted([image(1, tag)], always) == set())


@pytest.mark.parametrize(
    ("pattern", "tag", "captured"),
    [
        ("feature-{branch}-*", "feature-pay-later-12", ("pay-later",)),
        ("feature-{branch}-*", "feature-pay-later-", ("pay-later",)),
        ("feature-{branch}-*", "FEATURE-Pay-1", ("Pay",)),
        ("feature-{branch}-*", "feature--1", None),
        ("feature-{branch}-*", "feature-pay", None),
        ("feature-{branch}-*", "my-feature-pay-1", None),
        ("{team}-{app}-*", "a-b-c-d", ("a-b", "c")),
        ("*-{branch}", "x-y-z", ("y-z",)),
        ("*{rest}", "x-y", ("x-y",)),
        ("{v}.[0-9]", "1.2.3", ("1.2",)),
        ("{v}[!0-9]?", "1-2", ("1",)),
        ("a.{x}", "axb", None),
        ("/(?P<team>[a-z]+)-(?P<app>[a-z]+)-.*/", "shop-web-1", ("shop", "web")),
        ("/(?P<app>[a-z]+)(-(?P<env>prod))?-[0-9]+/", "web-12", ("web", "")),
        ("/([a-z]+)-(?P<number>[0-9]+)/", "web-12", ("12",)),
    ],
)
def test_groups_of_tags(pattern: str, tag: str, captured: tuple[str, ...] | None) -> None:
    assert GroupPattern(pattern).captured(tag) == captured


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("feature-*", r"'feature-\*' has no placeholder: write one, such as {branch}"),
        ("/feature-.*/", r"has no placeholder: write one, such as {branch}, or in a regular"),
        ("/(feature)-.*/", "has no placeholder"),
        ("{a}-{b}-{a}", "has the placeholder a twice"),
        ("/(?P<a>.)-(?<a>.)/", "has the placeholder a twice"),
        ("{}-*", r"the placeholder '{}' needs a name of letters, digits and _"),
        ("{my-branch}-*", r"the placeholder '{my-branch}' needs a name"),
        ("{1}-*", "needs a name"),
        ("{branch-*", r"the { in '{branch-\*' is never closed"),
        ("branch}-{a}", r"can match no tag \(none has '}'\)"),
        ("feature/{branch}", r"'feature/{branch}' can match no tag \(none has '/'\)"),
        ("{a}-[0-9", "is never closed"),
        ("", "must not be empty"),
        ("/(?P<a>.)/.*/", r"can match no tag \(none has '/'\)"),
        (r"/(?P<a>.)-\1/", "has a backreference"),
    ],
)
def test_an_invalid_pattern_is_an_error_with_a_reason(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        GroupPattern(pattern)


def test_an_image_in_two_groups_names_the_one_in_which_it_is_newest() -> None:
    images = [image(1, "a-1", age=1), image(2, "a-2", "b-2", age=2), image(3, "b-3", age=3)]
    rule = NewestRule(1, TagFilter(), Grouping(GroupPattern("{branch}-*")))
    judged = World(images, PlanInputs(Policy(timedelta(), Patterns(), (rule,)), NOW)).plan().judged
    assert [each.verdict for each in judged] == [Verdict.KEEP, Verdict.KEEP, Verdict.DELETE]
    (reason,) = judged[1].reasons
    assert isinstance(reason, AmongNewest)
    assert isinstance(reason.group, CapturedGroup)
    assert (reason.rank, reason.group.texts) == (1, ("b",))


def test_images_that_are_kept_otherwise_take_their_places() -> None:
    images = [image(1, "a-1", "stable", age=1), image(2, "a-2", age=2)]
    rule = NewestRule(1, TagFilter(), Grouping(GroupPattern("{branch}-*")))
    stable = TagsRule(TagFilter(Patterns.of("stable")))
    assert deleted(images, rule, stable) == {images[1].digest}


def test_time_grows_with_the_number_of_tags() -> None:
    """20,000 tags in 2,000 groups, four times as many as before."""
    rule = NewestRule(3, TagFilter(), Grouping(GroupPattern("b{branch}-*"), timedelta(days=30)))
    assert _seconds(rule, 20_000, 2_000) < 12 * _seconds(rule, 5_000, 500) + 1


def _seconds(rule: NewestRule, images: int, branches: int) -> float:
    found = tuple(image(n, f"b{n % branches}-{n}", age=n / images * 60 + 1) for n in range(images))
    groups = tuple(ImageGroup(m, m.pushed_at, None, m.pushed_at, None) for m in found)
    candidates = RuleCandidates(groups, (), found, found[:branches], NOW, {})
    start = process_time()
    selection = rule.select(candidates)
    seconds = process_time() - start
    assert len(selection.kept) == 3 * branches
    return seconds
