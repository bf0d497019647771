"""What repositories cost, what could be saved, and whether they grow: answers of
`/ecr-clean cost`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import chain

from bot.core.prices import StorageCost
from bot.core.repository import RepositoryId
from bot.core.repository_cost import RepositoryCost, TotalCost, YearlyCost
from bot.core.storage_history import WEEK
from bot.core.storage_projection import FEWEST_WEEKS, WEEKS_PER_MONTH, WeeklyGrowth
from bot.render.prices import price_words
from bot.render.quantities import count, dollars, saves, size, yearly
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import (
    command_button,
    context,
    facts,
    header,
    message,
    section,
)
from bot.slack.messages.common_texts import WHOLE_IN_HEADER, cost
from bot.slack.messages.cost_charts import chart_day, history_chart, projection_chart
from bot.slack.mrkdwn import code, date, escape, shortened

LISTED = 3


@dataclass(frozen=True, slots=True)
class CostView:
    """The costs of one repository, or of all. `repository`: None for all; `costs`: of the scanned
    repositories, at least one; `never_scanned`: the number of the others."""

    repository: RepositoryId | None
    costs: Sequence[RepositoryCost]
    total: TotalCost
    never_scanned: int
    now: datetime

    @property
    def is_size_known(self) -> bool:
        return self.total.unknown_size < self.total.repositories

    @property
    def is_usage_known(self) -> bool:
        return self.total.unknown_usage < self.total.repositories


def cost_message(view: CostView) -> MessageContent:
    headline, growth, parts = _headline(view), [*_growth(view)], [*_parts(view)]
    lists = [_most_savings(view), _most_growth(view)] if view.repository is None else []
    charts = (history_chart(view.costs), projection_chart(view.total, view.now))
    return message(
        "\n".join([f"*{escape(headline)}*", *growth, *parts, *chain(*lists)]),
        header(headline),
        *([section(*growth)] if growth else []),
        facts(*parts),
        *(chart for chart in charts if chart),
        *(section(*lines) for lines in lists if lines),
        context(*_small_print(view)),
    )


def no_cost_message(repository: RepositoryId) -> MessageContent:
    text = (
        f"The costs of {code(repository.name)} are unknown until its next scan. "
        f"`{COMMAND} REPOSITORY` scans it:"
    )
    button = command_button("Scan now", 0, f"report {repository.uri}")
    return message(text, section(text, button=button))


def no_costs_message() -> MessageContent:
    text = f"No repository has been scanned yet. `{COMMAND} REPOSITORY` scans one."
    return message(text, section(text))


def _headline(view: CostView) -> str:
    """Plain text: `team/api · $41 a year, could save $30 a year`"""
    subject = "All repositories"
    if view.repository:
        subject = shortened(view.repository.name, WHOLE_IN_HEADER)
    return f"{subject} · {', '.join(_costs_now(view))}"


def _costs_now(view: CostView) -> Iterator[str]:
    total = view.total
    if not view.is_size_known:
        yield "size unknown"
    elif not total.stored.bytes:
        yield "empty"
    else:
        yield yearly(total.stored.usd_per_month)
        is_known = view.is_usage_known
        could_save = saves(total.freeable.usd_per_month, verb="could save")
        yield could_save if is_known else "possible savings unknown"


def _growth(view: CostView) -> Iterator[str]:
    total = view.total
    if not total.stored.bytes:
        return
    if total.growth is None or total.without_cleanup is None:
        yield f"*Growth unknown:* less than {FEWEST_WEEKS} weeks of the past are known."
        return
    yield _growth_words(total.growth)
    yield f"*Size:* {', '.join(_sizes(view, total.without_cleanup))}."
    yield f"*Next 12 months:* {', '.join(_yearly_costs(view, total.without_cleanup))}."


def _growth_words(growth: WeeklyGrowth) -> str:
    """A month, without cleanup."""
    expected, low, high = (
        round(each * WEEKS_PER_MONTH) for each in (growth.expected, growth.low, growth.high)
    )
    if not expected:
        return "*Does not grow now.*"
    probably = f"probably {size(low)} to {size(high)}"
    return f"*Grows by {size(expected)} a month* without cleanup, {probably}."


def _sizes(view: CostView, without_cleanup: YearlyCost) -> Iterator[str]:
    """The numbers of the charts."""
    first = view.total.weeks[0]
    if weeks := round((view.now - first.at) / WEEK):
        yield f"{count(weeks, 'week')} ago {size(first.stored_bytes or 0)}"
    yield f"now {size(view.total.stored.bytes)}"
    end = without_cleanup.projection.months[-1]
    range_ = f"{size(end.low_bytes)} to {size(end.high_bytes)}"
    yield f"in 12 months {size(end.stored_bytes)} without cleanup ({range_})"
    if policy := _with_policy(view):
        yield f"{size(policy.projection.months[-1].stored_bytes)} with today's policy"


def _yearly_costs(view: CostView, without_cleanup: YearlyCost) -> Iterator[str]:
    yield f"*{escape(dollars(without_cleanup.usd))}* without cleanup"
    if policy := _with_policy(view):
        yield f"*{escape(dollars(policy.usd))}* with today's policy"


def _with_policy(view: CostView) -> YearlyCost | None:
    return view.total.with_policy if view.is_usage_known else None


def _parts(view: CostView) -> Iterator[str]:
    total = view.total
    if view.is_usage_known:
        yield f"*Could be freed:* {cost(total.freeable)}"
        yield f"*In use:* {cost(total.in_use)}"
        yield f"*Kept by rules:* {cost(total.rule_kept)}"
    else:
        why = "some checks failed" if view.is_size_known else "some images could not be read"
        yield f"*In use:* unknown, since {why}"
    yield f"*Saved so far:* {cost(total.freed)}"


def _most_savings(view: CostView) -> Sequence[str]:
    savings = [(each, each.cost_of(each.now.freeable_bytes or 0)) for each in view.costs]
    return [*_largest("*Could save most*", savings, cost)]


def _most_growth(view: CostView) -> Sequence[str]:
    growths = [
        (each, each.cost_of(round(each.growth.expected * WEEKS_PER_MONTH)))
        for each in view.costs
        if each.growth
    ]
    return [*_largest("*Grow most*", growths, lambda growth: f"{size(growth.bytes)} a month")]


def _largest(
    title: str,
    found: Sequence[tuple[RepositoryCost, StorageCost]],
    words: Callable[[StorageCost], str],
) -> Iterator[str]:
    """The title and the most expensive ones; nothing if all are 0."""
    above_zero = (each for each in found if each[1].bytes)
    first = nlargest(LISTED, above_zero, key=lambda each: each[1].usd_per_month)
    if first:
        yield title
    for each, its_cost in first:
        yield f"• {code(each.repository.name)}: {words(its_cost)}"


def _small_print(view: CostView) -> Iterator[str]:
    yield from _reconstructed(view)
    yield from _failed_checks(view)
    if view.repository is None:
        yield from _unknown(view)
    yield " ".join((_scanned(view), *_copies(view), _prices(view)))
    if view.repository is None:
        yield f"`{COMMAND} cost REPOSITORY` shows one of them."


def _reconstructed(view: CostView) -> Iterator[str]:
    weeks = view.total.weeks
    if not weeks or weeks[0].is_measured:
        return
    measured = next((week.at for week in weeks if week.is_measured), view.now)
    what = "the past of some repositories" if len(view.costs) > 1 else "the past"
    yield (
        f"Before {chart_day(measured)}, {what} is reconstructed from push times: images that "
        "others deleted are missing, and it is unknown what was in use."
    )


def _failed_checks(view: CostView) -> Iterator[str]:
    scans = (day for each in view.costs for day in each.weeks if day.is_measured)
    if any(scan.in_use_bytes is None for scan in scans):
        yield "Some checks failed, so parts are missing in some weeks of the chart."


def _unknown(view: CostView) -> Iterator[str]:
    total = view.total
    numbers = {
        "never scanned": view.never_scanned,
        "of unknown size": total.unknown_size,
        "where it is unknown what could be freed": total.unknown_usage,
        "of unknown growth": sum(each.without_cleanup is None for each in view.costs),
    }
    unknown = [f"{number:,} {what}" for what, number in numbers.items() if number]
    if unknown:
        yield f"Repositories that do not count: {'; '.join(unknown)}."


def _scanned(view: CostView) -> str:
    oldest = min(each.scanned_at for each in view.costs)
    if len(view.costs) == 1:
        return f"Scanned {date(oldest)}."
    return f"{len(view.costs):,} repositories; oldest scan {date(oldest)}."


def _copies(view: CostView) -> Iterator[str]:
    registries = [str(copy.registry) for each in view.costs for copy in each.copies]
    if registries:
        more = f" and {len(registries) - LISTED:,} more" if len(registries) > LISTED else ""
        yield f"With replicated copies in {escape(', '.join(registries[:LISTED]))}{more}."


def _prices(view: CostView) -> str:
    words = [*dict.fromkeys(price_words(each.price, _region(each)) for each in view.costs)]
    first, others = words[:LISTED], len(words[LISTED:])
    more = [count(others, "other price")] if others else []
    return f"{escape('; '.join((*first, *more)))}."


def _region(each: RepositoryCost) -> str:
    return each.repository.registry.region
