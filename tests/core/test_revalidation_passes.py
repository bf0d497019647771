"""The images that can be deleted in each pass, and the limit of failures."""

from dataclasses import replace

import pytest
from hypothesis import given

from bot.core.manifest_graph import build_graph
from bot.core.plan import Plan
from bot.core.revalidation import next_pass, too_many_failures
from bot.parallel import in_batches
from tests.core import strategies as some
from tests.core.invariants import parents
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.core.test_revalidation import CASE

PLAN = CASE.plan
GRAPH = build_graph(CASE.manifests)
ROOTS = ["1", "2", "outer", "alone", "many", "orphan", "fat"]


def deletable(*done: str) -> list[str | None]:
    """The names of images that can be deleted after others are deleted or skipped."""
    pending = set(PLAN.delete) - set(map(CASE.digests.of, done))
    return [CASE.name_of(digest) for digest in next_pass(PLAN.delete, pending, GRAPH)]


@pytest.mark.parametrize(
    ("description", "done", "expected"),
    [
        ("roots come first, in the order of deletion", [], ROOTS),
        ("no child while its root is pending", ROOTS[3:], ["1", "2", "outer"]),
        ("all children at once", ROOTS, ["amd", "arm", "mips", "inner"]),
        ("a child of two waits for both", ["2", *ROOTS[2:]], ["1", "mips", "inner"]),
        (
            "one level per pass",
            [*ROOTS, "amd", "arm", "mips", "inner"],
            ["leaf"],
        ),
        (
            "a referrer after its subject",
            [*ROOTS, "amd", "arm", "mips", "inner", "leaf"],
            ["sbom"],
        ),
        ("all are done", [str(CASE.name_of(digest)) for digest in PLAN.delete], []),
    ],
)
def test_images_that_can_be_deleted_now(
    description: str, done: list[str], expected: list[str]
) -> None:
    assert deletable(*done) == expected, description


def test_a_new_parent_does_not_delay_a_deletion() -> None:
    """The plan does not delete the new parent. Another check skips its child."""
    newcomer = replace(
        CASE.manifests[1], digest=CASE.digests.of("new"), children=(CASE.digests.of("alone"),)
    )
    graph = build_graph([*CASE.manifests, newcomer])
    assert CASE.digests.of("alone") in next_pass(PLAN.delete, set(PLAN.delete), graph)


def passes(plan: Plan, world: World) -> list[list[str]]:
    graph, pending, found = build_graph(world.manifests), set(plan.delete), []
    while pending:
        found.append(next_pass(plan.delete, pending, graph))
        assert found[-1]
        pending -= set(found[-1])
    return found


@given(some.worlds)
@tries(75)
def test_passes_are_levels_of_the_graph(world: World) -> None:
    plan = world.plan()
    found = passes(plan, world)
    assert sorted(digest for each in found for digest in each) == sorted(plan.delete)
    above, gone = parents(world.manifests), set[str]()
    for each in found:
        assert [digest for digest in plan.delete if digest in each] == each
        for digest in each:
            assert above[digest] & set(plan.delete) <= gone
        gone |= set(each)


@pytest.mark.parametrize(
    ("number", "sizes"),
    [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])],
)
def test_batches(number: int, sizes: list[int]) -> None:
    digests = [str(each) for each in range(number)]
    batches = list(in_batches(digests, 100))
    assert [len(batch) for batch in batches] == sizes
    assert [digest for batch in batches for digest in batch] == digests


@pytest.mark.parametrize(
    ("failed", "tried", "ends"),
    [
        (0, 0, False),
        (9, 9, False),
        (10, 10, True),
        (10, 50, True),
        (10, 51, False),
        (11, 55, True),
        (2_000, 10_000, True),
        (1_999, 10_000, False),
    ],
)
def test_a_run_ends_after_ten_failures_and_a_fifth_of_all(
    failed: int, tried: int, *, ends: bool
) -> None:
    assert too_many_failures(failed, tried) is ends
