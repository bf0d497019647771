"""Images of an approved plan that are skipped, the reasons, and changes that forbid all
deletions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.manifest import DescribedImage, ImageStatus, Manifest
from bot.core.plan import Plan
from bot.core.plan_problems import ScanFailed
from bot.core.repository import RegistryId
from bot.core.result_reasons import KeptByRulesNow, SkippedWithRelated, SkipReason
from bot.core.revalidation import (
    PlanComparison,
    Skips,
    compare,
    deleted_manifests,
    find_new_plan_problems,
)
from bot.core.text_formatting import manifest_label
from bot.core.usage import RepositoryUsage, SourceScan
from bot.render.plan_problem_sentences import new_problems_words
from bot.render.reasons import reason_words
from tests.core import strategies as some
from tests.core.invariants import parents
from tests.core.stored import as_stored
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.render.builders import image, plan
from tests.scenarios.reader import Case, read_case

Changes = Mapping[str, Any]
"""By the name of a row: the changed keys, None for a missing row, all keys of a new row. Also other
keys of the case."""

CASE = read_case(Path(__file__).with_name("revalidation.yml"))
APPROVED = as_stored(CASE.plan)
EVERYTHING = [CASE.name_of(digest) for digest in CASE.plan.delete]
GONE = "is no longer in ECR"
RULES = "the rules keep it now: "


def meanwhile(changes: Changes) -> Case:
    """The changed case."""
    known = {row["name"]: row for row in CASE.rows}
    rows = {
        name: None if change is None else {"name": name, **known.get(name, {}), **change}
        for name, change in changes.items()
        if name not in CASE.data and name not in ("pins", "usage")
    }
    others = {key: value for key, value in changes.items() if key not in rows}
    present = [row for row in (known | rows).values() if row]
    return Case({**CASE.data, **others, "repository": present}, CASE.digests)


def compared(changes: Changes, deleted: Iterable[str] = ()) -> PlanComparison:
    """`deleted`: names of images that this run has deleted."""
    ours = set(map(CASE.digests.of, deleted))
    case = meanwhile({**changes, **dict.fromkeys(deleted)})
    world = World([*case.manifests, *deleted_manifests(APPROVED, ours)], case.inputs)
    return compare(APPROVED, world.plan())


def skipped(changes: Changes, deleted: Collection[str] = ()) -> dict[str | None, str]:
    comparison = compared(changes, deleted)
    ours = set(map(CASE.digests.of, deleted))
    pending = [digest for digest in APPROVED.delete if digest not in ours]
    why = comparison.with_image_groups(comparison.changes(pending), pending, ours)
    return {CASE.name_of(digest): words for digest, words in in_words(why).items()}


def in_words(why: Skips) -> dict[str, str]:
    return {digest: reason_words(reason) for digest, reason in why.items()}


def called(name: str, *tags: str) -> str:
    """The name in reasons."""
    drawn = next((row.get("tags", ()) for row in CASE.rows if row["name"] == name), ())
    return manifest_label(CASE.digests.of(name), tags or tuple(map(CASE.digests.fill_in, drawn)))


def with_family(name: str, why: str, *others: str, tags: tuple[str, ...] = ()) -> dict[str, str]:
    return {name: why} | dict.fromkeys(others, f"is skipped with {called(name, *tags)}: {why}")


def test_what_it_is_about() -> None:
    assert EVERYTHING == [
        "1", "2", "outer", "alone", "many", "orphan", "fat",
        "amd", "arm", "mips", "inner", "leaf", "sbom", "sig",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("description", "changes"),
    [
        ("nothing", {}),
        ("an unrelated new image", {"new": {"pushed": "1h"}}),
        ("a new image group", {"9": {"index": ["new"]}, "new": {}, "new sig": {"subject": "9"}}),
        ("a kept image got a referrer", {"new sig": {"subject": "kept"}}),
        ("a kept image got another tag", {"kept": {"tags": ["kept", "kept-too"]}}),
        ("a kept image was pulled", {"kept": {"pulled": "1h"}}),
        ("a kept image is gone", {"kept": None}),
        ("a kept image is no longer kept", {"policy": {"keep": []}}),
        ("the same pull", {"alone": {"pulled": "200d"}}),
        ("a pull time that went back", {"alone": {"pulled": "300d"}}),
        ("a missing pull time", {"alone": {"pulled": None}}),
        ("a pin of a missing image", {"pins": [{"pin": "9"}]}),
    ],
)
def test_changes_that_skip_nothing(description: str, changes: Changes) -> None:
    assert skipped(changes) == {}, description


@pytest.mark.parametrize(
    ("description", "changes", "why"),
    [
        ("gone", None, GONE),
        (
            "a further tag",
            {"tags": ["alone", "prod"]},
            "its tags changed after the plan was made: alone before, alone, prod now",
        ),
        (
            "no tag",
            {"tags": []},
            "its tags changed after the plan was made: alone before, none now",
        ),
        (
            "another tag",
            {"tags": ["prod"]},
            "its tags changed after the plan was made: alone before, prod now",
        ),
        (
            "a tag that a rule keeps: the change comes first",
            {"tags": ["alone", "kept"]},
            "its tags changed after the plan was made: alone before, alone, kept now",
        ),
        (
            "pulled again",
            {"pulled": "1h"},
            "was pulled 2026-11-23 11:00 UTC, after the plan was made",
        ),
        (
            "pushed again",
            {"pushed": "1h"},
            "was pushed again 2026-11-23 11:00 UTC",
        ),
        ("archived", {"status": "ARCHIVED"}, f"{RULES}is archived, and always kept"),
    ],
)
def test_changes_of_one_image(description: str, changes: Changes, why: str) -> None:
    assert skipped({"alone": changes}) == {"alone": why}, description


@pytest.mark.parametrize(
    ("tags", "how"),
    [
        (["a", "b", "c", "d", "e"], "added e; removed none"),
        (["a", "b", "c"], "added none; removed d"),
        (["e", "f", "g", "h", "i"], "added e, f, g and 2 more; removed a, b, c and 1 more"),
    ],
)
def test_only_changed_tags_are_named(tags: list[str], how: str) -> None:
    why = f"its tags changed after the plan was made: {how}"
    assert skipped({"many": {"tags": tags}}) == {"many": why}


def test_a_first_pull() -> None:
    why = "was pulled 2026-11-23 11:00 UTC, after the plan was made"
    assert skipped({"many": {"pulled": "1h"}}) == {"many": why}


def test_a_tag_that_moved_within_the_plan_skips_both_images() -> None:
    found = skipped({"alone": {"tags": []}, "many": {"tags": ["a", "alone", "b", "c", "d"]}})
    assert found == {
        "alone": "its tags changed after the plan was made: alone before, none now",
        "many": "its tags changed after the plan was made: added alone; removed none",
    }


@pytest.mark.parametrize(
    ("description", "changes", "why"),
    [
        ("a pin", {"pins": [{"pin": "alone"}]}, "alone is pinned by ann: the big customer"),
        ("a use", {"usage": {"digests": {"alone": ["ecs/prod"]}}}, "is in use by ecs/prod"),
        (
            "a rule",
            {"policy": {"keep": [{"tags": ["kept*", "al*"]}]}},
            "tagged alone: the policy keeps images tagged kept* or al*",
        ),
    ],
)
def test_images_that_rules_keep_now(description: str, changes: Changes, why: str) -> None:
    assert skipped(changes) == {"alone": f"{RULES}{why}"}, description


@pytest.mark.parametrize(
    ("description", "changes", "expected"),
    [
        ("a referrer by subject", {"new": {"subject": "alone"}}, {"alone": "which refers to it"}),
        (
            "a referrer by tag",
            {"new": {"tags": ["sha256-{alone}.sig"]}},
            {"alone": "which refers to it"},
        ),
        ("a parent", {"new": {"tags": ["9"], "index": ["alone"]}}, {"alone": "which lists it"}),
        ("a subject", {"gone": {}, "new": {}}, {"orphan": "which it refers to"}),
        ("a child", {"thin": {}}, {"fat": "which it lists"}),
        (
            "a new parent with a new parent",
            {"new": {"index": ["alone"]}, "newer": {"index": ["new"]}},
            {"alone": "which lists it"},
        ),
        (
            "a kept image became a referrer",
            {"kept": {"tags": ["kept", "sha256-{alone}"]}},
            {"alone": "which refers to it"},
        ),
    ],
)
def test_new_images(description: str, changes: Changes, expected: dict[str, str]) -> None:
    ((name, which),) = expected.items()
    found = skipped({**changes, "policy": {**CASE.data["policy"], "min_age": "0s"}})
    assert found.keys() == {name}, description
    end = f", {which}, was added after the plan was made"
    assert found[name].endswith(end)
    assert found[name] != end


def test_a_new_image_is_named_by_its_tag() -> None:
    found = skipped({"new": {"tags": ["9"], "index": ["alone"]}})
    added = f"{called('new', '9')}, which lists it, was added after the plan was made"
    assert found["alone"] == added


def test_an_image_that_is_gone_stays_gone_with_a_new_referrer() -> None:
    assert skipped({"alone": None, "new": {"subject": "alone"}}) == {"alone": GONE}


def retagged(before: str, after: str) -> str:
    return f"its tags changed after the plan was made: {before} before, {after} now"


FAMILY = ["outer", "inner", "leaf", "sbom", "sig"]


@pytest.mark.parametrize("name", FAMILY)
def test_an_image_group_of_any_depth_is_skipped_together(name: str) -> None:
    others = [each for each in FAMILY if each != name]
    assert skipped({name: None}) == with_family(name, GONE, *others)


def test_a_new_relative_of_one_image_skips_its_group() -> None:
    why = f"{called('new')}, which refers to it, was added after the plan was made"
    found = skipped({"new": {"subject": "leaf", "pushed": "40d"}})
    assert found == with_family("leaf", why, "outer", "inner", "sbom", "sig")


def test_each_image_of_a_kept_group_has_its_own_reason() -> None:
    found = skipped({"usage": {"digests": {"arm": ["ecs/prod"]}}})
    assert found == {
        "arm": f"{RULES}is in use by ecs/prod",
        "1": f"{RULES}its part {called('arm')} is kept: is in use by ecs/prod",
        "amd": f"{RULES}inherits the verdict of {called('1')}, which lists it",
    }


def test_an_index_skips_its_children_and_not_the_other_index() -> None:
    assert skipped({"1": {"tags": ["1", "prod"]}}) == with_family(
        "1", retagged("1", "1, prod"), "amd", "arm"
    )  # fmt: skip


def test_a_child_of_two_indexes_skips_both() -> None:
    why = retagged("none", "prod")
    found = skipped({"amd": {"tags": ["prod"]}})
    assert found == with_family("amd", why, "1", "2", "arm", "mips", tags=("prod",))


@pytest.mark.parametrize(
    ("deleted", "gone"),
    [
        (["outer"], "inner"),
        (["outer"], "leaf"),
        (["outer"], "sig"),
        (["outer", "inner", "leaf"], "sbom"),
        (["1"], "arm"),
        (["1"], "amd"),
    ],
)
def test_an_image_that_is_gone_skips_no_other_of_a_started_group(
    deleted: list[str], gone: str
) -> None:
    assert skipped({gone: None}, deleted) == {gone: GONE}


def test_other_changes_skip_the_rest_of_a_started_group() -> None:
    found = skipped({"sig": {"tags": []}}, ["outer"])
    scheme = CASE.digests.fill_in("sha256-{sbom}.sig")
    why = retagged(scheme, "none")
    assert found["sig"] == why
    assert skipped({"leaf": {"tags": ["prod"]}}, ["outer"]) == with_family(
        "leaf", retagged("none", "prod"), "inner", "sbom", "sig", tags=("prod",)
    )


def test_a_use_of_a_deleted_image_skips_its_parts() -> None:
    found = skipped({"usage": {"digests": {"outer": ["ecs/prod"]}}}, ["outer"])
    assert found.keys() == {"inner", "leaf", "sbom", "sig"}


def test_deleted_images_do_not_count_among_the_newest() -> None:
    """`newest: 1` would keep the image that was pushed last."""
    case = replace(CASE, data={**CASE.data, "policy": {"keep": [{"newest": 1}]}})
    ours = set(APPROVED.delete)
    plan = World(deleted_manifests(APPROVED, ours), case.inputs).plan()
    assert set(plan.delete) == ours


# described just before the deletion


def described(name: str, **changes: Any) -> DescribedImage:
    manifest = next(m for m in CASE.manifests if m.digest == CASE.digests.of(name))
    as_it_was = DescribedImage(
        manifest.digest,
        manifest.tags,
        manifest.pushed_at,
        manifest.pulled_at,
        manifest.size_bytes,
        manifest.status,
    )
    return as_it_was._replace(**changes)


@pytest.mark.parametrize(
    ("description", "changes", "why"),
    [
        ("nothing", {}, None),
        ("the order of tags", {"tags": ("d", "c", "b", "a")}, None),
        ("a missing push time", {"pushed_at": None}, None),
        (
            "another push time",
            {"pushed_at": some.NOW},
            "was pushed again 2026-11-23 12:00 UTC",
        ),
        (
            "archived and restored",
            {"restored_at": some.NOW},
            "was restored from the archive 2026-11-23 12:00 UTC, after the plan was made",
        ),
        ("archived", {"status": ImageStatus.ARCHIVED}, "was archived after the plan was made"),
        (
            "being restored",
            {"status": ImageStatus.ACTIVATING},
            "was archived after the plan was made",
        ),
        (
            "a pull",
            {"pulled_at": some.NOW},
            "was pulled 2026-11-23 12:00 UTC, after the plan was made",
        ),
        (
            "its tags",
            {"tags": ("a",)},
            "its tags changed after the plan was made: added none; removed b, c, d",
        ),
    ],
)
def test_changes_in_the_last_description(
    description: str, changes: dict[str, Any], why: str | None
) -> None:
    digest = CASE.digests.of("many")
    found = compared({}).changes_in({digest: described("many", **changes)})
    assert in_words(found) == ({digest: why} if why else {}), description


def test_images_missing_in_the_last_description_are_gone() -> None:
    alone, many = map(CASE.digests.of, ["alone", "many"])
    found = compared({}).changes_in({alone: None, many: described("many")})
    assert in_words(found) == {alone: GONE}


def test_parts_are_described_with_their_root() -> None:
    digests = {name: CASE.digests.of(str(name)) for name in EVERYTHING}
    pending = [digests[name] for name in EVERYTHING if name != "sbom"]
    found = compared({}).with_dependents([digests["inner"], digests["alone"]], pending)
    assert sorted(map(str, map(CASE.name_of, found))) == ["alone", "inner", "leaf", "sig"]


def test_parts_of_an_image_that_could_not_be_deleted_are_skipped() -> None:
    pending = [CASE.digests.of(name) for name in ("inner", "leaf", "sig", "alone")]
    inner = CASE.digests.of("inner")
    found = compared({}).dependents_of(inner, pending, ErrorText("ECR refused it"))
    why = f"belongs to {called('inner')}, which is skipped: ECR refused it"
    assert in_words(found) == {CASE.digests.of(name): why for name in ("leaf", "sig")}


# any changes


FATES = ["stays"] * 6 + ["goes", "is retagged", "is pulled", "is archived"]


@st.composite
def futures(draw: st.DrawFn, before: World) -> World:
    """The same repository later, with missing, changed and new images."""
    names = draw(st.permutations(some.NAMES))
    there = [draw(fate(each, names)) for each in before.manifests]
    known = {manifest.digest for manifest in before.manifests}
    news = [each for each in draw(some.repositories()) if each.digest not in known]
    inputs = draw(st.just(before.inputs) | some.evidences)
    return World([*filter(None, there), *news], inputs)


@st.composite
def fate(draw: st.DrawFn, manifest: Manifest, names: list[str]) -> Manifest | None:
    what = draw(st.sampled_from(FATES))
    if what == "goes":
        return None
    if what == "is retagged":
        return retag(manifest, (*manifest.tags, f"another-{names.pop()}"))
    if what == "is pulled":
        return replace(manifest, pulled_at=draw(some.times))
    return replace(manifest, status=ImageStatus.ARCHIVED) if what == "is archived" else manifest


def retag(manifest: Manifest, tags: tuple[str, ...]) -> Manifest:
    return replace(manifest, tags=tuple(sorted(tags)), names=(*manifest.names, tags[-1]))


@dataclass(frozen=True)
class Run:
    """An approved plan, the images that the run has deleted, and the repository now."""

    approved: World
    now: World
    deleted: frozenset[str]

    @property
    def plan(self) -> Plan:
        return self.approved.plan()

    @property
    def pending(self) -> list[str]:
        return [digest for digest in self.plan.delete if digest not in self.deleted]

    @property
    def there(self) -> list[Manifest]:
        """The images that exist, and for the verdicts those that the run has deleted."""
        there = [each for each in self.now.manifests if each.digest not in self.deleted]
        return [*there, *deleted_manifests(self.plan, self.deleted)]

    @property
    def plan_now(self) -> Plan:
        return World(self.there, self.now.inputs).plan()

    def skipped(self, random: Random | None = None) -> Mapping[str, SkipReason]:
        comparison = compare(self.plan, self.plan_now)
        pending = self.pending if random is None else random.sample(self.pending, len(self.pending))
        return comparison.with_image_groups(comparison.changes(pending), pending, self.deleted)


@st.composite
def runs(draw: st.DrawFn, most: int = some.MOST) -> Run:
    """A run after some deletions, with any changes."""
    before = draw(some.worlds)
    order = before.plan().delete
    deleted = frozenset(order[: draw(st.integers(0, min(most, len(order))))])
    return Run(before, draw(futures(before)), deleted)


@given(runs())
@tries(60)
def test_no_image_is_ever_added(run: Run) -> None:
    assert run.skipped().keys() <= set(run.pending)
    assert all(map(reason_words, run.skipped().values()))


@given(runs())
@tries(60)
def test_deleted_images_are_unchanged_and_not_kept_by_rules(run: Run) -> None:
    known = {manifest.digest: manifest for manifest in run.approved.manifests}
    there = {manifest.digest: manifest for manifest in run.there}
    above_then, above_now = parents(run.approved.manifests), parents(run.there)
    for digest in set(run.pending) - run.skipped().keys():
        assert digest in run.plan_now.delete
        assert there[digest].tags == known[digest].tags
        assert there[digest].pulled_at == known[digest].pulled_at or not is_later(
            there[digest], known[digest]
        )
        assert above_now[digest] <= above_then[digest]
        below_now = {each for each, above in above_now.items() if digest in above}
        assert all(digest in above_then.get(each, ()) for each in below_now)


def is_later(now: Manifest, then: Manifest) -> bool:
    return now.pulled_at is not None and (then.pulled_at is None or now.pulled_at > then.pulled_at)


@given(runs())
@tries(60)
def test_no_part_of_a_skipped_image_is_deleted(run: Run) -> None:
    skipped = run.skipped()
    above = parents(run.approved.manifests)
    for digest in set(run.pending) - skipped.keys():
        assert above[digest].isdisjoint(skipped)


@given(runs(most=0))
@tries(60)
def test_a_change_by_a_user_skips_all_parents(run: Run) -> None:
    skipped = run.skipped()
    above = parents(run.approved.manifests)
    for digest, why in skipped.items():
        if not isinstance(why, KeptByRulesNow | SkippedWithRelated):
            assert above[digest] & set(run.pending) <= skipped.keys()


@given(runs(), st.randoms(use_true_random=False))
@tries(40)
def test_the_order_of_changes_does_not_matter(run: Run, random: Random) -> None:
    shuffled = replace(
        run,
        approved=replace(run.approved, manifests=shuffle(run.approved.manifests, random)),
        now=replace(run.now, manifests=shuffle(run.now.manifests, random)),
    )
    assert shuffled.skipped(random) == run.skipped()


def shuffle(manifests: list[Manifest], random: Random) -> list[Manifest]:
    return random.sample(manifests, len(manifests))


@given(some.worlds, st.integers(0, some.MOST))
@tries(60)
def test_without_changes_nothing_is_skipped(world: World, already: int) -> None:
    """After any number of deletions."""
    if world.plan().complete:
        deleted = frozenset(world.plan().delete[:already])
        assert Run(world, world, deleted).skipped() == {}


@given(runs())
@tries(40)
def test_a_stored_plan_skips_the_same_images(run: Run) -> None:
    stored = compare(as_stored(run.plan), run.plan_now)
    assert stored.changes(run.pending) == compare(run.plan, run.plan_now).changes(run.pending)


@given(runs())
@tries(40)
def test_dependents_are_parts_at_any_depth(run: Run) -> None:
    above, failed = parents(run.approved.manifests), ErrorText("it failed")
    for parent in run.plan.delete:
        found = compare(run.plan, run.plan).dependents_of(parent, run.plan.delete, failed).keys()
        assert parent not in found
        for digest in run.plan.delete:
            hangs = any(each in found or each == parent for each in above[digest])
            assert (digest in found) == (hangs and digest != parent)


@pytest.mark.slow
def test_20_000_manifests() -> None:
    """Indexes of nine children each. One child was pulled, and one got a tag."""
    case = CASE
    leaf = next(m for m in case.manifests if m.digest == CASE.digests.of("leaf"))
    index = next(m for m in case.manifests if m.digest == CASE.digests.of("fat"))
    manifests = []
    for number in range(2_000):
        children = tuple(f"sha256:{number * 10 + child:064x}" for child in range(1, 10))
        digest, tag = f"sha256:{number * 10:064x}", str(number)
        manifests.append(
            replace(index, digest=digest, tags=(tag,), names=(tag,), children=children)
        )
        manifests += [replace(leaf, digest=child) for child in children]
    then = World(manifests, case.inputs)
    pulled = replace(manifests[1], pulled_at=some.NOW)
    tagged = replace(manifests[10], tags=("10", "prod"))
    now = World([manifests[0], pulled, *manifests[2:10], tagged, *manifests[11:]], case.inputs)
    assert Run(then, now, frozenset()).skipped().keys() == {m.digest for m in manifests[:20]}


# changes that forbid all deletions


LOOKED_AT = RepositoryUsage(scans=(SourceScan("ecs", "here", 3),), not_checked=("lambda",))
PLAN = plan(image(1, "1.0"), usage=LOOKED_AT)
THERE = RegistryId("123456789012", "us-east-1")


def test_nothing_forbids_a_deletion() -> None:
    carried = replace(PLAN, deleted_also_in=(THERE,))
    assert find_new_plan_problems(PLAN, PLAN) is None
    assert find_new_plan_problems(carried, carried) is None
    assert find_new_plan_problems(carried, PLAN) is None


def test_changes_that_forbid_all_deletions() -> None:
    now = replace(
        PLAN,
        problems=(ScanFailed("ecs", "here", ErrorText("AWS refused")),),
        usage=RepositoryUsage(scans=(), not_checked=("ecs", "lambda")),
        deleted_also_in=(THERE,),
    )
    found = find_new_plan_problems(PLAN, now)
    assert found
    assert new_problems_words(found) == (
        "ecs (here): AWS refused; all usage sources are switched off; ecs was switched off "
        "after the plan was made; deletions are now also replicated to 123456789012 in us-east-1, "
        "unknown to the approvers"
    )
