"""What repositories cost, what cleanup could free, and whether they grow, as sentences."""

from collections.abc import Iterator, Sequence

from bot.core.detailed_cost import CostSummary, StorageWeek
from bot.core.prices import StorageCost
from bot.core.repository_cost import TotalCost, YearlyCost
from bot.core.storage_projection import FEWEST_WEEKS, WEEKS_PER_MONTH, WeeklyGrowth
from bot.core.text_formatting import format_time
from bot.render.prices import price_words
from bot.render.quantities import count, dollars, size

NO_CLEANUP, POLICY, TRIED = "without cleanup", "with today's policy", "with the tried policy"
"""The three projections."""

IN_USE, KEPT, FREEABLE = "in use", "kept by rules", "could be freed"
"""The parts of what is stored."""

UNDIVIDED, RECONSTRUCTED = "use unknown", "stored (reconstructed)"
"""Where the parts are unknown."""

LAST_WEEKS, NEXT_MONTHS = "The last 12 weeks", "The next 12 months"


def headline_words(summary: CostSummary) -> str:
    """`team/api stores 1.2 TB, $1,480 a year. Cleanup could free 0.9 TB ($1,100 a year). It grows
    by 40 GB a month: the next 12 months cost $2,900 without cleanup, $400 with today's policy.`"""
    return " ".join(headline_sentences(summary))


def headline_sentences(summary: CostSummary) -> Sequence[str]:
    """What the repositories cost now, what cleanup could free, and whether they grow."""
    total = summary.total
    if total.unknown_size == total.repositories:
        return [f"The size of {_subject(summary)} is unknown: some images could not be read."]
    if not total.stored.bytes and not total.unknown_size:
        return [f"{_subject(summary)} {'is' if _is_one(total) else 'are'} empty."]
    return [_stored(summary), _freeable(total), _future(summary), *_left_out(summary)]


def cost_words(cost: StorageCost) -> str:
    """`0.9 TB ($1,100 a year)`"""
    return f"{size(cost.bytes)} ({a_year(cost)})"


def a_year(cost: StorageCost) -> str:
    return f"{dollars(12 * cost.usd_per_month)} a year"


def _is_one(total: TotalCost) -> bool:
    return total.repositories == 1


def _subject(summary: CostSummary) -> str:
    if _is_one(summary.total):
        return summary.costs[0].cost.repository.name
    return _repositories(summary.total.repositories)


def _repositories(number: int) -> str:
    return count(number, "repository", "repositories")


def _stored(summary: CostSummary) -> str:
    total = summary.total
    verb = "stores" if _is_one(total) else "store"
    return f"{_subject(summary)} {verb} {size(total.stored.bytes)}, {a_year(total.stored)}."


def _freeable(total: TotalCost) -> str:
    if total.unknown_usage == total.repositories:
        return "What cleanup could free is unknown."
    if not total.freeable.bytes:
        return "Cleanup would free nothing now."
    return f"Cleanup could free {cost_words(total.freeable)}."


def _future(summary: CostSummary) -> str:
    total = summary.total
    if total.growth is None or total.without_cleanup is None:
        its = "Its" if _is_one(total) else "Their"
        return f"{its} growth is unknown: less than {FEWEST_WEEKS} weeks of the past are known."
    costs = ", ".join(f"{dollars(year.usd)} {name}" for name, year in projections(summary))
    return f"{_growth(total, total.growth)}: the next 12 months cost {costs}."


def _left_out(summary: CostSummary) -> Iterator[str]:
    """What the sums of several repositories do not have."""
    total = summary.total
    numbers = {
        "size": total.unknown_size,
        "possible savings": total.unknown_usage,
        "growth": summary.unknown_growth if total.growth else 0,
    }
    unknown = [f"{what} ({number:,})" for what, number in numbers.items() if number]
    if unknown and not _is_one(total):
        yield f"Not counted, since unknown in some repositories: {', '.join(unknown)}."


def _growth(total: TotalCost, growth: WeeklyGrowth) -> str:
    monthly = round(growth.expected * WEEKS_PER_MONTH)
    if not monthly:
        return "It does not grow" if _is_one(total) else "They do not grow"
    return f"{'It grows' if _is_one(total) else 'They grow'} by {size(monthly)} a month"


def projections(summary: CostSummary) -> Sequence[tuple[str, YearlyCost]]:
    """Those that are known, with their names."""
    every = [
        (NO_CLEANUP, summary.without_cleanup),
        (POLICY, summary.with_policy),
        (TRIED, summary.with_tried),
    ]
    return [(name, year) for name, year in every if year]


def range_note_words(summary: CostSummary) -> Iterator[str]:
    if summary.without_cleanup:
        yield "The band is the likely range: storage stays in it in about 8 of 10 cases."


def past_words(weeks: Sequence[StorageWeek]) -> Iterator[str]:
    """How the sizes of the weeks are known."""
    if reconstructed := [week.at for week in weeks if week.reconstructed_bytes]:
        last = max(reconstructed)
        yield (
            f"Until {last:%b} {last.day}, sizes are reconstructed from push times. Images that "
            "others deleted are not counted."
        )


def tried_words(summary: CostSummary) -> str:
    """`The tried policy deletes 12 manifests and frees 3 GB ($4 a year) now.`"""
    tried = [each.tried for each in summary.costs if each.tried]
    deletions = [each.deletions for each in tried if each.deletions is not None]
    if not deletions:
        return "What the tried policy would delete is unknown."
    deleted = count(sum(deletions), "manifest")
    return f"The tried policy deletes {deleted} and frees {cost_words(summary.tried_freeable)} now."


def source_words(summary: CostSummary) -> Iterator[str]:
    """When the repositories were scanned, the prices, and the copies in other registries."""
    costs = [each.cost for each in summary.costs]
    yield f"Scanned {format_time(max(each.scanned_at for each in costs))}."
    prices = {each.repository.registry.region: each.price for each in costs}
    every = (price_words(price, region) for region, price in sorted(prices.items()))
    yield from (f"Price: {words}." for words in dict.fromkeys(every))
    if copies := sorted({str(copy.registry) for each in costs for copy in each.copies}):
        yield f"Costs include replicated copies in {', '.join(copies)}."
