"""The costs of repositories: text, charts and limits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core.prices import GbPrice, PriceSource
from bot.core.repository import RepositoryId
from bot.core.repository_cost import ReplicatedCopy, RepositoryCost, repository_cost, total_cost_of
from bot.core.storage_history import WEEK, RunFreed, StorageDay, StorageHistory
from bot.slack.api import CHART, Json, MessageContent
from bot.slack.messages.costs import CostView, cost_message
from tests.render.builders import GB, HERE
from tests.slack.messages.plan_views import checked, read, with_dates
from tests.slack.messages.test_limits import LONG_NAME
from tests.support import NOW, PRICE

FIRST_SCAN = timedelta(hours=2)
"""Before now."""

THERE = replace(HERE, name="team/web", uri=HERE.uri.replace("team/api", "team/web"))
FREED = RunFreed("plan", NOW - 3.5 * WEEK, 5 * GB)


def past(measured: int = 1, *, weeks: int = 16, weekly: int = GB) -> Sequence[StorageDay]:
    """A day a week, the last one today: `measured` scans after reconstructed days. The repository
    stores `weekly` bytes more each week; 2 GB are in use, and rules keep 3 GB."""
    reconstructed = [
        StorageDay(_weeks_ago(number), 7, (weeks - number) * weekly + 5 * GB, is_measured=False)
        for number in range(weeks - 1, -1, -1)
    ]
    return [*reconstructed[:-measured], *map(_measured, reconstructed[-measured:])]


def _weeks_ago(number: int) -> datetime:
    return NOW - number * WEEK - FIRST_SCAN


def _measured(day: StorageDay) -> StorageDay:
    stored = day.stored_bytes or 0
    return StorageDay(day.at, 7, stored, 2 * GB, stored - 5 * GB, GB // 10)


def cost(
    days: Sequence[StorageDay],
    *runs: RunFreed,
    repository: RepositoryId = HERE,
    price: GbPrice = PRICE,
    copies: Sequence[ReplicatedCopy] = (),
) -> RepositoryCost:
    found = repository_cost(repository, StorageHistory(days, runs), price, copies, NOW)
    assert found
    return found


def shown(*costs: RepositoryCost, never_scanned: int = 0) -> MessageContent:
    repository = costs[0].repository if len(costs) == 1 else None
    view = CostView(repository, costs, total_cost_of(costs), never_scanned, NOW)
    return checked(cost_message(view))


def charts(content: MessageContent) -> list[Json]:
    return [each for each in content.blocks if each["type"] == CHART]


def series(chart: Json) -> dict[str, list[float]]:
    return {
        each["name"]: [point["value"] for point in each["data"]]
        for each in chart["chart"]["series"]
    }


def test_the_whole_message() -> None:
    content = shown(cost(past()))
    assert read(content.blocks) == (
        """\
# team/api · $25 a year, could save $19 a year
*Grows by 4.35 GB a month* without cleanup, probably 3.04 GB to 5.65 GB.
*Size:* 12 weeks ago 9 GB, now 21 GB, in 12 months 73.2 GB without cleanup (57.5 GB to 88.8 GB), \
10.7 GB with today's policy.
*Next 12 months:* *$57* without cleanup, *$9.71* with today's policy.
*Could be freed:* $19 a year (16 GB)
*In use:* $2.40 a year (2 GB)
*Kept by rules:* $3.60 a year (3 GB)
*Saved so far:* nothing
[bar chart: Stored in the last 12 weeks]
[line chart: Stored in the next 12 months]
~ Before Nov 23, the past is reconstructed from push times: images that others deleted are \
missing, and it is unknown what was in use.
~ Scanned 2026-11-23 10:00 UTC. $0.10 per GB and month (price_per_gb_month in the settings)."""
    )


def test_the_text_tells_the_same_as_the_charts() -> None:
    """Screen readers read it, and workspaces that refuse charts show the blocks without them."""
    content = shown(cost(past()), cost(past(), repository=THERE))
    without_charts = read(each for each in content.blocks if each["type"] != CHART)
    for said in (content.text, without_charts):
        assert "12 weeks ago 18 GB, now 42 GB, in 12 months 146 GB without cleanup" in said
        for part in ("*Could be freed:* ", "*In use:* ", "*Kept by rules:* ", "`team/web`: "):
            assert part in said
    assert content.text.startswith("*All repositories · $50 a year, could save $38 a year*\n")


def test_reconstructed_weeks_have_one_series_and_measured_ones_three_that_sum_up() -> None:
    history, _ = charts(shown(cost(past(measured=5), FREED)))
    found = series(history)
    stored = found.pop("Stored")
    assert len(stored) == 13
    sums = [sum(values) for values in zip(*found.values(), strict=True)]
    assert sums == [0] * 8 + stored[8:]
    labels = history["chart"]["axis_config"]["categories"]
    assert (labels[0], labels[-1]) == ("Aug 31", "Nov 23")


def test_a_repository_whose_scans_cover_all_weeks() -> None:
    content = shown(cost(past(measured=16)))
    assert "reconstructed" not in read(content.blocks)


def test_projections_start_now_and_end_in_a_year() -> None:
    _, projections = charts(shown(cost(past())))
    labels = projections["chart"]["axis_config"]["categories"]
    assert (labels[:2], labels[-1], len(labels)) == (["Now", "Dec"], "Nov", 13)
    found = series(projections)
    assert found["No cleanup"][0] == 21
    assert found["Today's policy"][0] == 5
    assert found["In use now"] == [2] * 13


def test_failed_checks_make_savings_unknown_not_zero() -> None:
    *before, last = past(measured=3)
    unknown = replace(last, in_use_bytes=None, freeable_bytes=None, policy_growth=None)
    content = shown(cost([*before, unknown]))
    said = read(content.blocks)
    assert said.startswith("# team/api · $25 a year, possible savings unknown\n")
    assert "*In use:* unknown, since some checks failed\n" in said
    assert "Could be freed:" not in said
    assert "today's policy" not in said
    assert "~ Some checks failed, so parts are missing in some weeks of the chart.\n" in said
    assert list(series(charts(content)[1])) == ["No cleanup"]


def test_unknown_sizes() -> None:
    *before, last = past()
    unread = replace(last, stored_bytes=None, in_use_bytes=None, freeable_bytes=None)
    content = shown(cost([*before, unread]))
    said = read(content.blocks)
    assert said.startswith("# team/api · size unknown\n")
    assert "*In use:* unknown, since some images could not be read\n" in said
    assert "0 bytes" not in said
    (history,) = charts(content)
    assert list(series(history)) == ["Stored"]


@pytest.mark.parametrize(
    ("days", "headline", "second"),
    [
        ([StorageDay(_weeks_ago(0), 0, 0, 0, 0, 0)], "empty", "*Could be freed:* nothing"),
        (
            past(weeks=3),
            "$9.60 a year, could save $3.60 a year",
            "*Growth unknown:* less than 4 weeks of the past are known.",
        ),
        (past(16, weekly=0), "$6.00 a year, no saving", "*Does not grow now.*"),
    ],
)
def test_repositories_that_do_not_grow(
    days: Sequence[StorageDay], headline: str, second: str
) -> None:
    lines = read(shown(cost(days)).blocks).splitlines()
    assert lines[0] == f"# team/api · {headline}"
    assert lines[1] == second


def test_replicated_copies_cost_too() -> None:
    elsewhere = replace(HERE.registry, region="us-east-1")
    copies = [ReplicatedCopy(elsewhere, GbPrice(0.2, PriceSource.SETTINGS))]
    said = read(shown(cost(past(), copies=copies)).blocks)
    assert said.startswith("# team/api · $76 a year, could save $58 a year\n")
    assert f"With replicated copies in {elsewhere}. $0.10 per GB" in said


def test_all_repositories() -> None:
    second = cost(past(8, weekly=2 * GB), FREED, repository=THERE)
    *before, last = past(weekly=GB // 2)
    unknown = replace(last, in_use_bytes=None, freeable_bytes=None)
    third = cost([*before, unknown], repository=replace(HERE, name="team/odd"))
    said = read(shown(cost(past()), second, third, never_scanned=4).blocks)
    assert (
        """\
*Could save most*
• `team/web`: $38 a year (32 GB)
• `team/api`: $19 a year (16 GB)
*Grow most*
• `team/web`: 10.5 GB a month
• `team/api`: 4.35 GB a month
• `team/odd`: 2.17 GB a month
"""
        in said
    )
    assert (
        with_dates("""\
~ Before Nov 23, the past of some repositories is reconstructed from push times: images that \
others deleted are missing, and it is unknown what was in use.
~ Some checks failed, so parts are missing in some weeks of the chart.
~ Repositories that do not count: 4 never scanned; 1 where it is unknown what could be \
freed.
~ 3 repositories; oldest scan 2026-11-23 10:00 UTC. $0.10 per GB and month (price_per_gb_month in \
the settings).
~ `/ecr-clean cost REPOSITORY` shows one of them.""")
        in said
    )


def test_regions_with_different_prices() -> None:
    costs = []
    for number, region in enumerate(("eu-west-1", "sa-east-1", "us-gov-east-1", "ap-east-1")):
        registry = replace(HERE.registry, region=region)
        price = GbPrice(0.1 * (number + 1), PriceSource.PRICE_LIST, NOW)
        costs.append(cost(past(), repository=replace(HERE, registry=registry), price=price))
    said = read(shown(*costs).blocks)
    assert said.startswith("# All repositories · $252 a year, could save $192 a year\n")
    assert "$0.10 per GB and month (AWS's price list for eu-west-1, read Nov 23, 2026); $0." in said
    assert "; 1 other price." in said


@pytest.mark.parametrize("scale", [0, 1, 10**6])
def test_limits(scale: int) -> None:
    """1,000 repositories with the longest names; no bytes, and a thousand petabytes."""
    costs = [
        cost(
            [_scaled(day, scale) for day in past(8)],
            FREED,
            repository=replace(HERE, name=f"{number:04}{LONG_NAME[4:]}"),
            price=GbPrice(0.1 + number / 1e6, PriceSource.PRICE_LIST, NOW),
            copies=[ReplicatedCopy(HERE.registry, PRICE)] * 40,
        )
        for number in range(1000)
    ]
    shown(*costs, never_scanned=10**6)
    shown(costs[0])


def _scaled(day: StorageDay, scale: int) -> StorageDay:
    numbers: dict[str, Any] = {
        name: None if (value := getattr(day, name)) is None else value * scale
        for name in ("stored_bytes", "in_use_bytes", "freeable_bytes", "policy_growth")
    }
    return replace(day, **numbers)
