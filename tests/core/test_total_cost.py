"""The sums of several repositories."""

from dataclasses import replace
from datetime import timedelta

from bot.core.prices import GbPrice, PriceSource
from bot.core.repository import RegistryId, RepositoryId
from bot.core.repository_cost import RepositoryCost, repository_cost, total_cost_of
from bot.core.storage_history import WEEK, RunFreed, StorageDay, StorageHistory
from tests.support import NOW

GB = 2**30


def cost_of(
    name: str, *, minutes: int = 0, gb_by_week: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
) -> RepositoryCost:
    """Half of what is stored can be deleted. The last week is measured."""
    moment = NOW + timedelta(minutes=minutes)
    weeks = len(gb_by_week) - 1
    days = [
        StorageDay(moment - (weeks - number) * WEEK, 1, gb * GB, is_measured=False)
        for number, gb in enumerate(gb_by_week)
    ]
    days[-1] = replace(
        days[-1],
        is_measured=True,
        in_use_bytes=0,
        freeable_bytes=days[-1].stored_bytes,
        policy_growth=0,
    )
    repository = RepositoryId(RegistryId("123456789012", "eu-west-1"), name, f"host/{name}")
    price = GbPrice(0.10, PriceSource.SETTINGS)
    runs = [RunFreed("a", NOW - WEEK, GB)]
    made = repository_cost(repository, StorageHistory(days, runs), price, [], moment)
    assert made
    return made


def test_weeks_of_scans_some_minutes_apart_are_the_same_weeks() -> None:
    first, second = cost_of("a"), cost_of("b", minutes=3, gb_by_week=(10, 20, 30, 40, 50))
    total = total_cost_of([first, second])
    assert [each.stored_bytes for each in total.weeks] == [
        gb * GB for gb in (1, 12, 23, 34, 45, 56)
    ]
    assert [each.is_measured for each in total.weeks] == [False] * 5 + [True]
    assert total.weeks[-1].at == second.weeks[-1].at


def test_a_policy_whose_deletions_are_unknown_deletes_nothing() -> None:
    known, unknown = cost_of("a"), replace(cost_of("b"), with_policy=None)
    assert known.with_policy
    assert known.without_cleanup
    total = total_cost_of([known, unknown])
    assert total.with_policy
    start = known.with_policy.start_bytes + known.without_cleanup.start_bytes
    assert total.with_policy.projection.start_bytes == start


def test_freed_bytes_are_those_of_all_runs() -> None:
    assert total_cost_of([cost_of("a"), cost_of("b")]).freed.bytes == 2 * GB
