"""The list of repositories: their size, their cost, and the possible savings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.records import KnownRepository, LastScan, Pause
from bot.core.savings import usd_per_month
from bot.core.storage_totals import StorageTotals, storage_of
from bot.render.quantities import count, size
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import context, message, section, sections
from bot.slack.messages.common_texts import cost
from bot.slack.messages.plan_lists import state_of
from bot.slack.mrkdwn import code, date, day


@dataclass(frozen=True, slots=True)
class RepositoriesView:
    """The list of repositories. `pattern`: None for all. `shown`: those with the largest possible
    savings; `more`: the number of the others; `never_scanned`: a number. `listed_at`: when the
    registries were last listed, None if never. `saved_bytes`: freed by all runs of the bot so far.
    USD per GB per month."""

    pattern: str | None
    shown: Sequence[KnownRepository]
    more: int
    never_scanned: int
    storage: StorageTotals
    listed_at: datetime | None
    saved_bytes: int
    usd_per_gb_month: float
    pause: Pause | None
    now: datetime


def repositories_message(view: RepositoriesView) -> MessageContent:
    if not view.shown:
        text = _no_repository(view)
        return message(text, section(text))
    head = list(totals(view.storage, view.saved_bytes, view.usd_per_gb_month))
    lines = [_line(each, view) for each in view.shown]
    small_print = [*_small_print(view)]
    return message(
        "\n".join(head),
        section(*head),
        *map(section, common_texts.paused(view.pause)),
        *sections(lines),
        *([context(*small_print)] if small_print else []),
    )


def totals(storage: StorageTotals, saved_bytes: int, usd_per_gb_month: float) -> Iterator[str]:
    """The costs of all repositories. `saved_bytes`: freed by all runs of the bot so far. USD per GB
    per month."""
    if not storage.repositories:
        yield f"No repository has been scanned yet. `{COMMAND} REPOSITORY` scans one."
    elif storage.unknown == storage.repositories:
        yield f"*Cost now:* unknown. `{COMMAND} REPOSITORY` scans a repository."
    else:
        yield f"*Cost now:* {cost(storage.stored_bytes, usd_per_gb_month)}{_of_how_many(storage)}"
    if storage.repositories:
        yield f"*Could be saved:* {cost(storage.could_free_bytes, usd_per_gb_month)}"
    yield f"*Saved so far:* {cost(saved_bytes, usd_per_gb_month)}"


def _no_repository(view: RepositoriesView) -> str:
    if view.pattern is not None and view.listed_at:
        return f"No known repository matches {code(view.pattern)}. `*` matches any text."
    return f"No repository is known yet. `{COMMAND} REPOSITORY` finds one in AWS."


def _line(known: KnownRepository, view: RepositoriesView) -> str:
    name = code(known.repository.name)
    if known.last_scan is None:
        return f"• {name} · never scanned"
    held = storage_of(known)
    stored, could_free = held.stored_bytes, held.could_free_bytes
    costs = "size unknown" if stored is None else cost(stored, view.usd_per_gb_month)
    freed = _freed(could_free, view.usd_per_gb_month)
    return f"• {name} · {costs} · {freed} · {_hint(known.last_scan, view)}"


def _freed(could_free: int | None, usd_per_gb_month: float) -> str:
    if could_free is None:
        return "possible savings unknown"
    if not could_free:
        return "nothing to free"
    saving = common_texts.saves(usd_per_month(could_free, usd_per_gb_month), verb="save")
    return f"*could free {size(could_free)}, {saving}*"


def _hint(scan: LastScan, view: RepositoriesView) -> str:
    scanned = f"scanned {day(scan.at)}"
    if not _has_open_plan(scan):
        return scanned
    return f"{scanned}; plan {scan.plan.id}: {state_of(scan.plan, view.pause, view.now)}"


def _has_open_plan(scan: LastScan) -> bool:
    return scan.plan.is_open and (scan.plan.deletions > 0 or not scan.plan.complete)


def _small_print(view: RepositoriesView) -> Iterator[str]:
    if view.more:
        yield (
            f"… and {view.more:,} more. To filter the list, use a pattern: `{COMMAND} list team/*`"
        )
    if view.never_scanned:
        were = count(view.never_scanned, "repository was", "repositories were")
        yield f"{were} never scanned. `{COMMAND} REPOSITORY` scans one."
    if view.listed_at:
        yield f"The registries were last listed {date(view.listed_at)}."


def _of_how_many(storage: StorageTotals) -> str:
    known = storage.repositories - storage.unknown
    if not storage.unknown:
        return f", in {count(known, 'repository', 'repositories')}"
    all_of_them = count(storage.repositories, "repository", "repositories")
    return f", in {known:,} of {all_of_them}; the others are unknown"
