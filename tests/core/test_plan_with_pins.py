"""Adds pins to an existing plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.judge import JudgedManifest
from bot.core.pins import Pin
from bot.core.plan import Plan, content_hash, make_plan, with_pins
from bot.core.prices import BYTES_PER_GB
from bot.core.savings import SavingsTerms
from bot.core.verdict_reasons import LegacyReason, Pinned, RuleName, Verdict
from bot.render.reasons import reason_words
from tests.core import strategies as some
from tests.core.invariants import check, parents
from tests.core.stored import as_stored
from tests.core.strategies import NOW, REPOSITORY, World
from tests.core.test_properties import tries
from tests.scenarios.reader import read_case
from tests.scenarios.test_scenarios import PATHS

PRICE = 0.10
CASE = read_case(Path(__file__).with_name("plan_with_pins.yml"))
EVERYTHING = ["1", "2", "3", "alone", "amd", "arm", "mips", "sig of amd"]


def pin(text: str) -> Pin:
    return Pin(CASE.digests.fill_in(text), "ann", "why not")


def pinned(plan: Plan, *pins: Pin) -> Plan:
    return with_pins(plan, pins, NOW, PRICE)


def names(digests: Sequence[str]) -> list[str]:
    return [str(CASE.name_of(digest)) for digest in digests]


def the(name: str, plan: Plan) -> JudgedManifest:
    return next(j for j in plan.judged if j.manifest.digest == CASE.digests.of(name))


def test_what_it_is_about() -> None:
    assert names(CASE.plan.delete) == EVERYTHING
    assert CASE.plan.savings.freed_bytes == 2 + 4 + 8 + 16 + 32 + 128


@pytest.mark.parametrize(
    ("description", "pins", "goes", "freed"),
    [
        (
            "a tag",
            ["alone"],
            ["1", "2", "3", "amd", "arm", "mips", "sig of amd"],
            2 + 4 + 16 + 32,
        ),
        ("an index keeps its parts", ["2"], ["1", "3", "alone", "arm"], 4 + 128),
        ("one of two indexes that share a child", ["1", "2"], ["3", "alone"], 128),
        (
            "a child and its referrers",
            ["sha256:{amd}"],
            ["1", "2", "3", "alone", "arm", "mips"],
            4 + 8 + 16 + 128,
        ),
        (
            "a referrer",
            ["sha256:{sig of amd}"],
            ["1", "2", "3", "alone", "amd", "arm", "mips"],
            2 + 4 + 8 + 16 + 128,
        ),
        ("an index whose only child is kept", ["3"], [n for n in EVERYTHING if n != "3"], 190),
        ("a glob", ["[12]"], ["3", "alone"], 128),
        ("a glob of all tags", ["*"], [], 0),
    ],
)
def test_pins_keep_images_and_their_parts(
    description: str, pins: list[str], goes: list[str], freed: int
) -> None:
    for plan in (CASE.plan, as_stored(CASE.plan)):
        found = pinned(plan, *map(pin, pins))
        assert names(found.delete) == goes, description
        assert found.savings.freed_bytes == freed, description
        assert found.savings.usd_per_month == freed / BYTES_PER_GB * PRICE
        assert found.savings.exact


@pytest.mark.parametrize(
    ("description", "pins"),
    [
        ("none", []),
        ("a missing digest", [pin("4"), pin(f"sha256:{'e' * 64}")]),
        ("an expired pin", [replace(pin("1"), until=NOW)]),
    ],
)
def test_pins_that_match_nothing_change_nothing(description: str, pins: list[Pin]) -> None:
    assert pinned(CASE.plan, *pins) is CASE.plan, description


def test_a_pin_of_a_kept_image_is_a_further_reason() -> None:
    plan = pinned(CASE.plan, pin("kept"))
    assert [reason.rule for reason in the("kept", plan).reasons] == [
        RuleName.PINNED,
        RuleName.TAGS,
    ]
    assert (plan.delete, plan.savings) == (CASE.plan.delete, CASE.plan.savings)


def test_a_new_price_changes_nothing() -> None:
    plan = pinned(CASE.plan, pin("kept"), pin("1"))
    assert with_pins(plan, [pin("kept"), pin("1")], NOW, 2 * PRICE) == plan


def test_a_pin_works_until_it_expires() -> None:
    still = replace(pin("1"), until=NOW + timedelta(seconds=1))
    assert names(pinned(CASE.plan, still).delete) == ["2", "3", "alone", "mips"]


def test_the_reasons_are_those_of_a_new_plan() -> None:
    plan = pinned(CASE.plan, pin("1"), pin("3"), pin("kept"), pin("kept-*"))
    assert the("1", plan).reasons == (Pinned(pin("1")),)
    amd, child = the("amd", plan), the("kept-child", plan)
    assert (amd.verdict, amd.parent, amd.pulled_recently) == (
        Verdict.KEEP,
        CASE.digests.of("1"),
        False,
    )
    assert [reason.rule for reason in amd.reasons] == [RuleName.FOLLOWS]
    assert reason_words(amd.reasons[0]).startswith("inherits the verdict of 1 (sha256:")
    assert [reason.rule for reason in the("kept", plan).reasons] == [
        RuleName.PINNED,
        RuleName.TAGS,
    ]
    assert [reason.rule for reason in child.reasons] == [
        RuleName.PINNED,
        RuleName.TAGS,
        RuleName.FOLLOWS,
    ]


def test_a_repeated_pin_is_listed_once() -> None:
    plan = pinned(pinned(CASE.plan, pin("1"), pin("1")), pin("1"), pin("2"))
    assert [reason.rule for reason in the("1", plan).reasons] == [RuleName.PINNED]


def test_a_pin_that_was_stored_as_a_sentence_changes_nothing() -> None:
    plan = pinned(CASE.plan, pin("1"))
    earlier = tuple(
        replace(
            judged,
            reasons=tuple(LegacyReason(each.rule, reason_words(each)) for each in judged.reasons),
        )
        for judged in plan.judged
    )
    stored = replace(plan, judged=earlier)
    assert pinned(stored, pin("1")) == stored


def test_unread_images_count_with_their_listed_size() -> None:
    """ECR lists 3 bytes for the unreadable image, and 0 for the other."""
    plan = with_unread("alone", size=3)
    read = CASE.plan.savings.freed_bytes - 128
    assert (plan.savings.freed_bytes, plan.savings.exact) == (read + 3, False)
    found = pinned(plan, pin("alone"))
    assert (found.savings.freed_bytes, found.savings.exact) == (read, False)


def with_unread(name: str, size: int) -> Plan:
    manifests = [
        replace(
            manifest,
            size_bytes=size if manifest.digest == CASE.digests.of(name) else 0,
            blobs=None if manifest.digest == CASE.digests.of(name) else manifest.blobs,
        )
        for manifest in CASE.manifests
    ]
    return make_plan(
        REPOSITORY, manifests, CASE.inputs, SavingsTerms(PRICE, layers_stay_within=True)
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_tag_of_every_scenario(path: Path) -> None:
    case = read_case(path)
    world = World(case.manifests, case.inputs)
    for manifest in case.manifests[:6]:
        for text in (manifest.digest, *manifest.tags):
            agrees_with_a_new_plan(world, [Pin(text, "bob", "why not")])


@given(some.worlds, st.lists(some.pins, min_size=1, max_size=3))
@tries(100)
def test_the_verdicts_are_those_of_a_new_plan(world: World, pins: list[Pin]) -> None:
    agrees_with_a_new_plan(world, pins)


def agrees_with_a_new_plan(world: World, pins: Sequence[Pin]) -> None:
    before = world.plan()
    after = with_pins(before, pins, world.inputs.now, PRICE)
    afresh = world.plan(pins=(*world.inputs.pins, *pins))
    assert after.delete == afresh.delete
    assert content_hash(after) == content_hash(afresh)
    assert list(map(essence, after.judged)) == list(map(essence, afresh.judged))
    assert after.savings.listed_bytes == afresh.savings.listed_bytes
    assert after.savings.exact == afresh.savings.exact
    assert after.savings.freed_bytes == afresh.savings.freed_bytes
    assert replace(after, judged=(), savings=before.savings) == replace(
        afresh, judged=(), savings=before.savings
    )


def essence(judged: JudgedManifest) -> JudgedManifest:
    """Ignores the order and duplicates of reasons."""
    return replace(judged, reasons=tuple(sorted(set(judged.reasons), key=repr)))


@given(some.worlds, st.lists(some.pins, max_size=3))
@tries(75)
def test_any_pins(world: World, pins: list[Pin]) -> None:
    before = as_stored(world.plan())
    after = pinned(before, *pins)
    remaining = set(after.delete)
    assert after.delete == tuple(digest for digest in before.delete if digest in remaining)
    assert pinned(after, *pins) == after
    assert after.savings.freed_bytes <= before.savings.freed_bytes
    assert before.savings.exact or not after.savings.exact
    protected = {
        judged.manifest.digest
        for judged in after.judged
        for each in pins
        if each.protects(NOW) and each.pin in (judged.manifest.digest, *judged.manifest.tags)
    }
    above = parents(world.manifests)
    for digest in remaining:
        assert digest not in protected
        assert above[digest].isdisjoint(above.keys() - remaining)


@given(some.worlds, st.lists(some.pins, max_size=3))
@tries(75)
def test_a_stored_plan_with_pins_is_the_same(world: World, pins: list[Pin]) -> None:
    plan = world.plan()
    assert as_stored(pinned(plan, *pins)) == as_stored(pinned(as_stored(plan), *pins))


@given(some.worlds, st.lists(some.pins, max_size=3))
@tries(50)
def test_a_plan_with_pins_has_all_invariants(world: World, pins: list[Pin]) -> None:
    plan = world.plan()
    if all(judged.manifest.blobs is not None for judged in plan.judged):
        inputs = replace(world.inputs, pins=(*world.inputs.pins, *pins))
        check(world.manifests, inputs, pinned(plan, *pins))
