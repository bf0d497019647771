"""Posted reports as text, JSON and CSV."""

from dataclasses import dataclass

from bot.core.records import PlanRecord
from bot.core.schedules import DueOutcome
from bot.render.output import Column, Columns, place, place_columns
from bot.render.words import money


@dataclass(frozen=True, slots=True)
class PostedReport:
    """The message about a repository: its own report, or the line about several repositories.
    `channel` is an id. `usd`: a month."""

    plan: PlanRecord
    usd: float
    outcome: DueOutcome
    channel: str
    ts: str
    link: str


_PLACE: tuple[Column[PostedReport, PostedReport], ...] = place_columns(
    lambda posted: place(posted.plan.repository)
)

REPORT_COLUMNS: Columns[PostedReport, PostedReport] = Columns(
    *_PLACE,
    Column("plan", lambda posted: posted.plan.id),
    Column("version", lambda posted: posted.plan.version),
    Column("outcome", lambda posted: posted.outcome),
    Column("usd_per_month", lambda posted: posted.usd),
    Column("channel", lambda posted: posted.channel),
    Column("ts", lambda posted: posted.ts),
    Column("link", lambda posted: posted.link),
)


def report_words(posted: PostedReport) -> str:
    return f"{posted.plan.repository.name}: {_outcome_words(posted)}: {posted.link}"


def _outcome_words(posted: PostedReport) -> str:
    if posted.outcome is DueOutcome.NOTHING:
        return "nothing to delete, told in one line"
    if posted.outcome is DueOutcome.SMALL:
        return f"saves {money(posted.usd)} a month, told in one line"
    return "posted"
