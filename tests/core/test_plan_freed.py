"""The bytes that deletions free, counted during a run."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.manifest import Blob
from bot.core.plan import FreedBytes, Plan
from bot.store.plan_packing import pack, unpack
from tests.core import strategies as some
from tests.core.stored import as_stored
from tests.core.strategies import World
from tests.core.test_plan_with_pins import CASE, with_unread
from tests.core.test_properties import tries

PLAN = as_stored(CASE.plan)


def freed(*names: str, plan: Plan = PLAN) -> int:
    found = FreedBytes(plan)
    for name in names:
        found.add(CASE.digests.of(name))
    return found.bytes


@pytest.mark.parametrize(
    ("description", "gone", "expected"),
    [
        ("no deletion", [], 0),
        ("an unshared layer", ["arm"], 4),
        ("a layer of a kept manifest", ["amd"], 2),
        ("an index has no layers", ["1", "2", "3"], 0),
        ("a layer of another manifest", ["alone"], 128),
        ("the last manifest with the layer", ["alone", "mips"], 128 + 16 + 8),
        ("in any order", ["mips", "alone"], 128 + 16 + 8),
        ("kept and unknown manifests count nothing", ["kept", "nothing"], 0),
    ],
)
def test_a_layer_counts_when_its_last_manifest_is_deleted(
    description: str, gone: list[str], expected: int
) -> None:
    assert freed(*gone) == expected, description


def test_manifests_that_were_deleted_before_count() -> None:
    found = FreedBytes(PLAN, map(CASE.digests.of, ["alone", "arm"]))
    assert found.bytes == 128 + 4
    found.add(CASE.digests.of("mips"))
    assert found.bytes == 128 + 4 + 16 + 8


def test_a_layer_that_a_manifest_lists_twice_counts_once() -> None:
    judged = list(PLAN.judged)
    place = next(n for n, j in enumerate(judged) if j.manifest.digest == CASE.digests.of("arm"))
    manifest = judged[place].manifest
    twice = replace(manifest, blobs=(manifest.blobs or ()) * 2)
    judged[place] = replace(judged[place], manifest=twice)
    assert freed("arm", plan=replace(PLAN, judged=tuple(judged))) == 4


def test_a_layer_has_one_size_if_manifests_disagree() -> None:
    """The size of the manifest with the higher digest counts."""
    sizes = {CASE.digests.of("arm"): 4, CASE.digests.of("mips"): 16}
    manifests = [
        replace(each, blobs=(Blob("sha256:layer", sizes[each.digest]),))
        if each.digest in sizes
        else each
        for each in CASE.manifests
    ]
    plan = World(manifests, CASE.inputs).plan()
    for order in (plan.delete, plan.delete[::-1]):
        assert in_steps(as_stored(plan), order)[-1] == plan.savings.freed_bytes


def test_an_image_whose_layers_are_unknown_counts_with_its_listed_size() -> None:
    plan = as_stored(with_unread("alone", size=3))
    assert freed("amd", "1", plan=plan) == 2
    assert freed("amd", "1", "alone", plan=plan) == 2 + 3
    everything = map(CASE.name_of, plan.delete)
    assert freed(*map(str, everything), plan=plan) == plan.savings.freed_bytes


@given(some.worlds, st.randoms(use_true_random=False))
@tries(100)
def test_all_deletions_free_the_promised_bytes(world: World, random: Random) -> None:
    plan = world.plan()
    shuffled = random.sample(plan.delete, len(plan.delete))
    for stored in (as_stored(plan), unpack(pack(plan))):
        assert in_steps(stored, shuffled)[-1] == plan.savings.freed_bytes


@given(some.worlds, st.randoms(use_true_random=False), st.integers(0, some.MOST))
@tries(75)
def test_the_bytes_only_grow_and_do_not_depend_on_interruptions(
    world: World, random: Random, already: int
) -> None:
    plan = as_stored(world.plan())
    shuffled = random.sample(plan.delete, len(plan.delete))
    steps = in_steps(plan, shuffled)
    assert steps == sorted(steps)
    assert FreedBytes(plan, shuffled[:already]).bytes == steps[min(already, len(shuffled))]


def in_steps(plan: Plan, digests: Iterable[str]) -> list[int]:
    """The bytes before the deletions, and after each."""
    found = FreedBytes(plan)
    steps = [found.bytes]
    for digest in digests:
        found.add(digest)
        steps.append(found.bytes)
    return steps
