"""What repositories hold and cost, and what could be freed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.estate import Estate, holding
from bot.core.records import KnownRepository, LastLook, Pause
from bot.core.savings import usd_per_month
from bot.render.words import count, money, size
from bot.slack.api import MessageContent
from bot.slack.ids import COMMAND
from bot.slack.messages import phrases
from bot.slack.messages.kit import context, section, sections
from bot.slack.messages.phrases import cost, totals
from bot.slack.messages.plan_lists import stands
from bot.slack.wording import code, date, day


@dataclass(frozen=True, slots=True)
class RepositoriesView:
    """UTC, bytes, USD a GB a month. `pattern`: what they fit, None for all. `shown`: the first, by
    what could be freed; `more`: how many more; `never`: how many of all were never looked at.
    `listed_at`: when all registries had been listed, None if none was. `saved_bytes`: what all runs
    of the bot have freed so far."""

    pattern: str | None
    shown: Sequence[KnownRepository]
    more: int
    never: int
    estate: Estate
    listed_at: datetime | None
    saved_bytes: int
    usd_per_gb_month: float
    pause: Pause | None
    now: datetime


def repositories_message(view: RepositoriesView) -> MessageContent:
    if not view.shown:
        said = _none(view)
        return MessageContent(said, [section(said)])
    head = list(totals(view.estate, view.saved_bytes, view.usd_per_gb_month))
    lines = [_line(each, view) for each in view.shown]
    return MessageContent(
        "\n".join(head),
        [
            section(*head),
            *map(section, phrases.paused(view.pause)),
            *sections(lines),
            context(*_small_print(view)),
        ],
    )


def _none(view: RepositoriesView) -> str:
    if view.pattern is not None and view.listed_at:
        return f"No repository that is known fits {code(view.pattern)}: `*` matches any text."
    return f"No repository is known yet. `{COMMAND} REPOSITORY` looks for one in AWS."


def _line(known: KnownRepository, view: RepositoriesView) -> str:
    name = code(known.repository.name)
    if known.look is None:
        return f"• {name} · never looked at"
    held = holding(known)
    stored, could_free = held.stored_bytes, held.could_free_bytes
    costs = "size unknown" if stored is None else cost(stored, view.usd_per_gb_month)
    freed = _freed(could_free, view.usd_per_gb_month)
    return f"• {name} · {costs} · {freed} · {_hint(known.look, view)}"


def _freed(could_free: int | None, usd_per_gb_month: float) -> str:
    if could_free is None:
        return "nobody knows what could be freed"
    if not could_free:
        return "nothing to free"
    usd = money(usd_per_month(could_free, usd_per_gb_month))
    return f"*could free {size(could_free)}, {usd} a month*"


def _hint(look: LastLook, view: RepositoriesView) -> str:
    plan = f"; plan {look.plan.id} {_stands(look, view)}" if _is_worth_telling(look) else ""
    return f"looked at {day(look.at)}{plan}"


def _stands(look: LastLook, view: RepositoriesView) -> str:
    return stands(look.plan, view.pause, view.now)


def _is_worth_telling(look: LastLook) -> bool:
    return look.plan.is_open and (look.plan.deletions > 0 or not look.plan.complete)


def _small_print(view: RepositoriesView) -> Iterator[str]:
    if view.more:
        yield (
            f"… and {view.more:,} more: `{COMMAND} list team/*` shows only those that fit a "
            "pattern."
        )
    if view.never:
        were = count(view.never, "repository was", "repositories were")
        yield f"{were} never looked at: `{COMMAND} REPOSITORY` does so."
    if view.listed_at:
        yield f"The registries were last listed {date(view.listed_at)}."
