"""Reports that were posted, as text, JSON and CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.core.due import DueOutcome
from bot.core.records import PlanRecord
from bot.render.json_text import dumps
from bot.render.places import Place, place
from bot.render.words import money

COLUMNS = (*Place._fields, "plan", "version", "outcome", "usd_per_month", "channel", "ts", "link")


@dataclass(frozen=True, slots=True)
class Posted:
    """A repository, and the message that tells of it: its own report, or the line about several.
    `channel` is an id; USD a month."""

    plan: PlanRecord
    usd: float
    outcome: DueOutcome
    channel: str
    ts: str
    link: str


def posted_as_text(posted: Posted) -> str:
    return f"{posted.plan.repository.name}: {_said(posted)}: {posted.link}"


def posted_as_json(posted: Posted) -> Iterator[bytes]:
    yield dumps(_keys(posted)) + b"\n"


def posted_as_rows(posted: Posted) -> Iterator[tuple[object, ...]]:
    yield tuple(_keys(posted).values())


def _said(posted: Posted) -> str:
    if posted.outcome is DueOutcome.NOTHING:
        return "nothing to delete, told in one line"
    if posted.outcome is DueOutcome.SMALL:
        return f"saves {money(posted.usd)} a month, told in one line"
    return "posted"


def _keys(posted: Posted) -> dict[str, Any]:
    return {
        **place(posted.plan.repository)._asdict(),
        "plan": posted.plan.id,
        "version": posted.plan.version,
        "outcome": posted.outcome.value,
        "usd_per_month": posted.usd,
        "channel": posted.channel,
        "ts": posted.ts,
        "link": posted.link,
    }
