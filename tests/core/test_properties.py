"""Invariants for any repository, settings, pins and usage."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.pins import Pin
from bot.core.rules.selection import Rule
from bot.core.usage import RepositoryUsage
from tests.core import strategies as some
from tests.core.invariants import check
from tests.core.strategies import World
from tests.examples import examples


def tries(number: int) -> settings:
    """The number of examples, reduced for the fast tests. The examples are the same in every
    run."""
    return settings(
        max_examples=examples(number),
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@given(world=some.worlds)
@tries(250)
def test_every_plan_has_all_invariants(world: World) -> None:
    check(world.manifests, world.inputs, world.plan())


@given(world=some.worlds, random=st.randoms(use_true_random=False))
@tries(75)
def test_the_order_of_the_inventory_changes_nothing(world: World, random: Random) -> None:
    shuffled = random.sample(world.manifests, len(world.manifests))
    assert World(shuffled, world.inputs).plan() == world.plan()


@given(world=some.ruled_worlds, rule=some.rules, place=st.integers(0, 4))
@tries(75)
def test_another_rule_never_deletes_more(world: World, rule: Rule, place: int) -> None:
    policy = world.inputs.policy
    assert policy
    keep = (*policy.keep[:place], rule, *policy.keep[place:])
    assert world.deleted(policy=replace(policy, keep=keep)) <= world.deleted()


@given(world=some.worlds, pin=some.pins)
@tries(75)
def test_another_pin_never_deletes_more(world: World, pin: Pin) -> None:
    assert world.deleted(pins=(*world.inputs.pins, pin)) <= world.deleted()


@given(world=some.worlds, usage=some.usages)
@tries(75)
def test_a_use_never_deletes_more(world: World, usage: RepositoryUsage) -> None:
    assert world.deleted(usage=usage) <= world.deleted(usage=RepositoryUsage())
