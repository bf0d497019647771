"""What became of plans that ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.plan_state import CARRIED_OUT
from bot.core.records import BY_ITSELF, Event, PlanRecord
from bot.render.decisions import state_words
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.blocks.kit import section, sections
from bot.slack.blocks.plan_lines import carried_out
from bot.slack.blocks.totals import cost
from bot.slack.view import LastRun
from bot.slack.wording import code, date, mention


@dataclass(frozen=True, slots=True)
class Ended:
    """`last_event`: what happened to the plan last; None if nobody knows."""

    run: LastRun
    last_event: Event | None


@dataclass(frozen=True, slots=True)
class HistoryView:
    """`repository`: its name, None for all. `ended`: last proposed first. `saved_bytes`: what all
    runs of the bot have freed so far. USD a GB a month."""

    repository: str | None
    ended: Sequence[Ended]
    saved_bytes: int
    usd_per_gb_month: float


def history_message(view: HistoryView) -> MessageContent:
    where = f" in {code(view.repository)}" if view.repository else ""
    saved = f"*Saved so far, everywhere:* {cost(view.saved_bytes, view.usd_per_gb_month)}"
    if not view.ended:
        said = f"No plan has ended yet{where}."
        return MessageContent(said, [section(said, saved)])
    head = f"*The last {count(len(view.ended), 'plan')} that ended{where}:*"
    lines = [_line(each, view.usd_per_gb_month) for each in view.ended]
    return MessageContent(f"{head} {saved}", [section(head), *sections(lines), section(saved)])


def _line(each: Ended, usd_per_gb_month: float) -> str:
    plan = each.run.plan
    when = f" · {date(each.last_event.at)}" if each.last_event else ""
    if plan.state in CARRIED_OUT:
        return f"{carried_out(each.run, usd_per_gb_month)}{when}"
    return f"• {code(plan.repository.name)}: {_fate(plan, each.last_event)}{when}"


def _fate(plan: PlanRecord, last: Event | None) -> str:
    by = f" by {mention(last.by)}" if last and last.by != BY_ITSELF else ""
    would = f"{plan.deletions:,} of {count(plan.manifests, 'manifest')} would have gone"
    return f"{state_words(plan.state)}{by} ({would})"
