"""The list of repositories: their size, their cost, and the possible savings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.prices import GbPrice, RegionPrices, StorageCost
from bot.core.records import KnownRepository, Pause
from bot.core.repository import RepositoryId
from bot.core.storage_totals import (
    StorageChange,
    StorageTotals,
    TotalChange,
    storage_of,
    total_change,
)
from bot.render.quantities import compared, count, size, yearly
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import context, message, section, sections
from bot.slack.messages.common_texts import cost
from bot.slack.messages.plan_lists import state_of
from bot.slack.mrkdwn import code, date, day, escape
from bot.slack.view_models import LinkedPlan

RECENT = timedelta(days=1)
"""Scans of this age are shown without their date."""


class ListedRepository(NamedTuple):
    """A repository, and the open plan of its last scan if that deletes something or is
    incomplete."""

    known: KnownRepository
    open_plan: LinkedPlan | None


@dataclass(frozen=True, slots=True)
class RepositoriesView:
    """The list of repositories. `pattern`: None for all. `shown`: those with the largest possible
    savings; `more`: the number of the others; `never_scanned`: a number. `changes`: of the last
    week. `listed_at`: when the registries were last listed, None if never. `saved`: by all runs of
    the bot so far."""

    pattern: str | None
    shown: Sequence[ListedRepository]
    more: int
    never_scanned: int
    storage: StorageTotals
    changes: Mapping[RepositoryId, StorageChange]
    listed_at: datetime | None
    saved: StorageCost
    prices: RegionPrices
    pause: Pause | None
    now: datetime


def repositories_message(view: RepositoriesView) -> MessageContent:
    if not view.shown:
        text = _no_repository(view)
        return message(text, section(text))
    change = total_change(view.changes, view.prices)
    head = list(totals(view.storage, change, view.saved))
    lines = [_line(each, view) for each in view.shown]
    small_print = [*_small_print(view)]
    return message(
        "\n".join(head),
        section(*head),
        *map(section, common_texts.paused(view.pause)),
        *sections(lines),
        *([context(*small_print)] if small_print else []),
    )


def totals(storage: StorageTotals, change: TotalChange, saved: StorageCost) -> Iterator[str]:
    """The costs of all repositories. `change`: of the last week. `saved`: by all runs of the bot so
    far."""
    if not storage.repositories:
        yield f"No repository has been scanned yet. `{COMMAND} REPOSITORY` scans one."
    elif storage.unknown == storage.repositories:
        yield f"*Cost now:* unknown. `{COMMAND} REPOSITORY` scans a repository."
    else:
        yield f"*Cost now:* {cost(storage.stored)}{_of_how_many(storage)}"
    if storage.repositories:
        yield f"*Could be saved:* {cost(storage.could_free)}"
    if change.repositories:
        yield f"*Within a week:* {_changed(change.change)}{_of_how_many_scanned(change, storage)}"
    yield f"*Saved so far:* {cost(saved)}"


def _no_repository(view: RepositoriesView) -> str:
    if view.pattern is not None and view.listed_at:
        return f"No known repository matches {code(view.pattern)}. `*` matches any text."
    return f"No repository is known yet. `{COMMAND} REPOSITORY` finds one in AWS."


def _line(each: ListedRepository, view: RepositoriesView) -> str:
    known = each.known
    name = code(known.repository.name)
    if known.last_scan is None:
        return f"• {name}: never scanned"
    held = storage_of(known)
    price = view.prices.of(known.repository.registry.region)
    saving = _saving(held.could_free_bytes, price)
    stored = _stored(held.stored_bytes, price)
    is_old = view.now - known.last_scan.at > RECENT
    scanned = f" · scanned {day(known.last_scan.at)}" if is_old else ""
    changed = _notable(view.changes.get(known.repository))
    return f"• {name}: {saving} · {stored}{changed}{_plan(each, view)}{scanned}"


def _saving(could_free: int | None, price: GbPrice) -> str:
    if could_free is None:
        return "possible savings unknown"
    if not could_free:
        return "nothing to save"
    usd = common_texts.saves(price.cost_of(could_free).usd_per_month, verb="could save")
    return f"*{usd}* ({size(could_free)})"


def _stored(stored: int | None, price: GbPrice) -> str:
    if stored is None:
        return "size unknown"
    return f"costs {cost(price.cost_of(stored))}" if stored else "empty"


def _notable(change: StorageChange | None) -> str:
    if change is None or not change.is_notable:
        return ""
    return f", {compared(change.bytes)} a week ago"


def _plan(each: ListedRepository, view: RepositoriesView) -> str:
    """The state of the open plan, with a link."""
    if each.open_plan is None:
        return ""
    plan, link = each.open_plan
    state = state_of(plan, view.pause, view.now)
    if link and "<" not in state:
        return f" · <{escape(link)}|{state}>"
    return f" · {state}" + (f" · <{escape(link)}|Open>" if link else "")


def _small_print(view: RepositoriesView) -> Iterator[str]:
    if view.more:
        yield (
            f"… and {view.more:,} more. To filter the list, use a pattern: `{COMMAND} list team/*`"
        )
    if view.never_scanned:
        were = count(view.never_scanned, "repository was", "repositories were")
        yield f"{were} never scanned. `{COMMAND} REPOSITORY` scans one."
    if any(each.known.last_scan for each in view.shown):
        yield "Scanned within the last day, unless a date is given."
    if view.listed_at:
        yield f"The registries were last listed {date(view.listed_at)}."


def _changed(change: StorageCost) -> str:
    """`$3.60 a year more (3 GB)`"""
    if not change.bytes:
        return "no change"
    more = "more" if change.bytes > 0 else "less"
    usd = escape(yearly(abs(change.usd_per_month)))
    return f"{usd} {more} ({size(abs(change.bytes))})"


def _of_how_many_scanned(change: TotalChange, storage: StorageTotals) -> str:
    """Empty if all repositories of a known size were scanned a week ago."""
    known = storage.repositories - storage.unknown
    if change.repositories == known:
        return ""
    return f", in {change.repositories:,} of {count(known, 'repository', 'repositories')}"


def _of_how_many(storage: StorageTotals) -> str:
    known = storage.repositories - storage.unknown
    if not storage.unknown:
        return f", in {count(known, 'repository', 'repositories')}"
    all_of_them = count(storage.repositories, "repository", "repositories")
    unknown = count(storage.unknown, "other is unknown", "others are unknown")
    return f", in {known:,} of {all_of_them}; {unknown}"
