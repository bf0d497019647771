"""Comparisons of two plans for any repository."""

from dataclasses import replace

from hypothesis import given

from bot.core.plan_comparison import (
    ImageChanges,
    PlanWithPrice,
    PolicyCoverage,
    SettingsComparison,
    compare_plans,
)
from tests.core import strategies as some
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.support import PRICE


def compared(one: World, other: World) -> SettingsComparison:
    plan, other_plan = PlanWithPrice(one.plan(), PRICE), PlanWithPrice(other.plan(), PRICE)
    return compare_plans(plan, other_plan, PolicyCoverage.COVERED)


def digests(changes: ImageChanges) -> list[str]:
    return [each.deleted.manifest.digest for group in changes.groups for each in group.members]


@given(world=some.ruled_worlds, other=some.ruled_worlds)
@tries(75)
def test_changes_are_the_differences_of_both_plans(world: World, other: World) -> None:
    policy = other.inputs.policy
    changed = World(world.manifests, replace(world.inputs, policy=policy))
    found = compared(world, changed)
    more_deleted, more_kept = digests(found.more_deleted), digests(found.more_kept)
    assert len(more_deleted) == len(set(more_deleted))
    assert set(more_deleted) == changed.deleted() - world.deleted()
    assert set(more_kept) == world.deleted() - changed.deleted()
    assert found.more_deleted.freed_bytes >= 0
    assert found.more_kept.freed_bytes >= 0
    difference = found.more_deleted.freed_bytes - found.more_kept.freed_bytes
    assert found.freed_difference.bytes == difference


@given(world=some.ruled_worlds, other=some.ruled_worlds)
@tries(25)
def test_swapped_settings_swap_the_changes(world: World, other: World) -> None:
    changed = World(world.manifests, replace(world.inputs, policy=other.inputs.policy))
    there, back = compared(world, changed), compared(changed, world)
    assert digests(there.more_deleted) == digests(back.more_kept)
    assert digests(there.more_kept) == digests(back.more_deleted)
    assert there.freed_difference.bytes == -back.freed_difference.bytes


@given(world=some.worlds)
@tries(25)
def test_the_same_settings_change_nothing(world: World) -> None:
    found = compared(world, world)
    assert (found.more_deleted.groups, found.more_kept.groups) == ((), ())
    assert found.freed_difference.bytes == 0
