"""The versions that a `semver` rule keeps, by an oracle that knows what each tag was made of."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.patterns import Patterns
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.rules.selection import RuleCandidates, TagFilter
from bot.core.rules.semver import SemverRule, is_release
from bot.core.savings import SavingsTerms
from bot.core.verdict_reasons import AmongNewestVersions
from tests.core.test_properties import tries
from tests.render.builders import HERE, image
from tests.support import NOW

ANY = TagFilter()


def plan(manifests: Sequence[Manifest], *rules: SemverRule) -> Plan:
    inputs = PlanInputs(Policy(timedelta(), Patterns(), rules), NOW)
    return make_plan(HERE, manifests, inputs, SavingsTerms(0.10, layers_stay_within=True))


def kept_tags(manifests: Sequence[Manifest], rule: SemverRule) -> set[str]:
    deleted = set(plan(manifests, rule).delete)
    return {tag for m in manifests if m.digest not in deleted for tag in m.tags}


@dataclass(frozen=True, order=True)
class Made:
    """The parts of a tag. `word`: of a pre-release, with its number in `count`. `count` alone: a
    numbered build. `commit`: the number of a commit."""

    numbers: tuple[int, int, int]
    prefix: str = ""
    flavor: str = ""
    word: str = ""
    count: int = 0
    commit: int = 0

    def tag(self, style: Random) -> str:
        parts = ["", *(str(n) for n in self.numbers)]
        if not self.numbers[2] and style.random() < 0.5:
            parts.pop()
        text = ".".join(parts[1:])
        if self.word:
            text += f"-{self.word}{style.choice(['', '.', '-'])}{self.count}"
        elif self.count:
            text += f"-{self.count}"
        if self.commit:
            text += f"-{self.commit:x}".ljust(9, "a")
        if self.flavor:
            text += f"-{self.flavor}"
        if style.random() < 0.3:
            text += "_" + f"{style.randrange(16**7):07x}"
        name = self.prefix + style.choice("-_") if self.prefix else ""
        return name + style.choice(["v", ""]) + text

    @property
    def line(self) -> tuple[object, ...]:
        kind = self.word != "", not self.word and self.count > 0, self.is_commit
        return self.prefix, self.flavor, kind

    @property
    def is_commit(self) -> bool:
        return self.commit > 0 and not self.word and not self.count

    @property
    def release(self) -> "Made":
        return replace(self, word="", count=0, commit=0)


made = st.builds(
    Made,
    st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2)),
    st.sampled_from(["", "", "", "app"]),
    st.sampled_from(["", "", "", "alpine3.18"]),
    st.sampled_from(["", "", "rc", "beta"]),
    st.sampled_from([0, 2, 10]),
    st.sampled_from([0, 0, 0xABC, 0xDEF]),
)
repositories = st.lists(st.lists(made, min_size=1, max_size=3, unique=True), max_size=14)
counts = st.none() | st.integers(0, 3)


def age(number: int) -> int:
    """In days. Of images that have other versions in the same place, a later one is older."""
    return 40 + number


def oracle(images: Sequence[Sequence[Made]], limits: Sequence[int | None]) -> set[int]:
    """Counts for each version how many are newer, as the documentation says."""
    every = {each for versions in images for each in versions}
    youngest = {
        each: -min(age(n) for n, versions in enumerate(images) if each in versions)
        for each in every
    }
    open_ones = {each for each in every if not (each.word and each.release in every)}

    def patch(each: Made) -> tuple[object, ...]:
        count = each.count if each.word or each.count else 0
        return each.numbers[2], each.word, count, youngest[each] if each.commit else 0

    def is_selected(each: Made) -> bool:
        line = [other for other in open_ones if other.line == each.line]
        of_major = [other for other in line if other.numbers[0] == each.numbers[0]]
        of_minor = [other for other in of_major if other.numbers[1] == each.numbers[1]]
        newer: tuple[Collection[object], ...] = (
            {other.numbers[0] for other in line if other.numbers[0] > each.numbers[0]},
            {other.numbers[1] for other in of_major if other.numbers[1] > each.numbers[1]},
            {patch(other) for other in of_minor if patch(other) > patch(each)},
        )
        return each in open_ones and all(
            limit is None or len(found) < limit for limit, found in zip(limits, newer, strict=True)
        )

    return {n for n, versions in enumerate(images) if any(map(is_selected, versions))}


@given(
    images=repositories,
    limits=st.tuples(counts, counts, counts),
    style=st.randoms(use_true_random=False),
)
@tries(150)
def test_it_keeps_the_versions_that_the_oracle_keeps(
    images: list[list[Made]], limits: tuple[int | None, int | None, int | None], style: Random
) -> None:
    manifests = [
        image(n, *(each.tag(style) for each in versions), age=age(n))
        for n, versions in enumerate(images)
    ]
    style.shuffle(manifests)
    deleted = set(plan(manifests, SemverRule(ANY, *limits)).delete)
    kept = {int(m.digest.removeprefix("sha256:")) for m in manifests if m.digest not in deleted}
    assert kept == oracle(images, limits)


@given(images=repositories, style=st.randoms(use_true_random=False))
@tries(50)
def test_the_order_of_images_and_tags_changes_nothing(
    images: list[list[Made]], style: Random
) -> None:
    tags = [[each.tag(style) for each in versions] for versions in images]
    rule = SemverRule(ANY, majors=2, minors=1, patches=1)
    manifests = [image(n, *each, age=age(n)) for n, each in enumerate(tags)]
    shuffled = [image(n, *style.sample(each, len(each)), age=age(n)) for n, each in enumerate(tags)]
    style.shuffle(shuffled)
    assert plan(shuffled, rule) == plan(manifests, rule)


@given(made=made, style=st.randoms(use_true_random=False))
@tries(50)
def test_a_tag_that_could_be_kept_is_kept_if_it_is_alone(made: Made, style: Random) -> None:
    rule = SemverRule(ANY, 1, 1, 1)
    tag = made.tag(style)
    assert rule.could_keep(tag)
    assert kept_tags([image(1, tag)], rule) == {tag}


@pytest.mark.parametrize("tag", ["main-1.2.3", "latest", "3", "prod"])
def test_a_tag_that_is_no_version_is_never_kept(tag: str) -> None:
    rule = SemverRule(ANY)
    assert not rule.could_keep(tag)
    assert not kept_tags([image(1, tag)], rule)


@pytest.mark.parametrize(
    ("tags", "version", "flavor"),
    [
        (["8", "8.0", "8.0.36", "8.0.36-bookworm"], "8.0.36", None),
        (["8.0.36-bookworm", "8.0-bookworm"], "8.0.36-bookworm", "bookworm"),
        (["v2.0.0", "2.0.0-rc.1"], "2.0.0", None),
        (["app-2.0.0_b7f3a21"], "2.0.0_b7f3a21", None),
    ],
)
def test_a_reason_names_the_most_telling_version(
    tags: Iterable[str], version: str, flavor: str | None
) -> None:
    (judged,) = plan([image(1, *tags)], SemverRule(ANY, 1)).judged
    reason = judged.reasons[0]
    assert isinstance(reason, AmongNewestVersions)
    assert (reason.version, reason.line.flavor) == (version, flavor)


def test_a_child_of_a_flavor_with_roots_is_measured_by_the_roots() -> None:
    children = [image(n, f"1.{n}.0-arm64") for n in range(3)]
    content = ManifestContent(OCI_INDEX, children=tuple(each.digest for each in children))
    index = image(8, "nightly", content=content, media_type=OCI_INDEX)
    rule = SemverRule(ANY, minors=1)
    assert kept_tags([*children, index], rule) == {"1.2.0-arm64"}
    root = image(9, "v1.1.0-arm64")
    kept = kept_tags([*children, index, root], rule)
    assert kept == {"v1.1.0-arm64", "1.1.0-arm64", "1.2.0-arm64"}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("1.2.3", True),
        ("1.2", True),
        ("release-1.2.3", True),
        ("1.2.3-alpine", True),
        ("1.2.3_b7f3a21", True),
        ("1.2.3-rc.1", False),
        ("1.2.3-45", False),
        ("app-1.2.3", False),
        ("main", False),
    ],
)
def test_is_release(tag: str, *, expected: bool) -> None:
    assert is_release(tag) is expected


def test_10_000_tags_take_a_second() -> None:
    """A comparison of each with each would take a minute."""
    images = tuple(
        image(n, f"app-{n % 7}.{n % 300}.{n}-rc.{n % 9}-alpine3.{n % 20}") for n in range(10_000)
    )
    candidates = RuleCandidates((), (), images, (), NOW, {})
    start = process_time()
    SemverRule(ANY, 2, 3, 1).select(candidates)
    assert process_time() - start < 10
