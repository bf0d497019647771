"""The table of a digest: a row for each repository, with the state of its plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.core.digest_figures import PlanWithSaving, is_blocked
from bot.core.plan import PlanState
from bot.core.records import Pause, PlanRecord
from bot.render.quantities import about, dollars, freed
from bot.slack.messages.data_tables import Cell, DataTable, NumberCell, TableRow, fitting_rows

ROWS_ON_PAGE = 10

_NAME = "Repository"
_BLANK = " "
_UNKNOWN = NumberCell(0, _BLANK)

_STATES = {
    PlanState.EXECUTING: "deleting",
    PlanState.DONE: "deleted",
    PlanState.FAILED: "failed",
    PlanState.STOPPED: "stopped",
    PlanState.DISMISSED: "dismissed",
    PlanState.EXPIRED: "expired",
    PlanState.SUPERSEDED: "replaced",
}


@dataclass(frozen=True, slots=True)
class StateTerms:
    """What the state of a plan depends on. `required`: approvals; `pause`: no deletion starts while
    it is set."""

    required: int
    pause: Pause | None
    now: datetime


class TableOfPlans(NamedTuple):
    """`left_out`: the number of plans that do not fit."""

    table: DataTable
    left_out: int


class _Column(NamedTuple):
    title: str
    cell: Callable[[PlanWithSaving, StateTerms], Cell]


def digest_table(
    caption: str, plans: Sequence[PlanWithSaving], terms: StateTerms, characters: int
) -> TableOfPlans:
    """As many of the plans as fit into this number of characters, in their order. There is at least
    one."""
    titles = (_NAME, *(column.title for column in _COLUMNS))
    rows = fitting_rows(titles, (_row(each, terms) for each in plans), characters)
    left_out = len(plans) - len(rows)
    table = DataTable(caption=caption, columns=titles, rows=rows, page_size=ROWS_ON_PAGE)
    return TableOfPlans(table, left_out)


def state_words(plan: PlanRecord, terms: StateTerms) -> str:
    """Plain text: `waiting`, `1 of 2 approvals`, `approved, starts 09:05 UTC`, `deleted`."""
    if plan.state is PlanState.APPROVED:
        return f"approved, {_start(plan, terms)}"
    if plan.state is not PlanState.PROPOSED:
        return _STATES[plan.state]
    if is_blocked(plan):
        return "blocked"
    if not plan.deletions:
        return "nothing to delete"
    given = len(plan.current_approvals)
    return f"{given:,} of {terms.required:,} approvals" if given else "waiting"


def images_to_delete(plan: PlanRecord) -> int:
    """In plans of earlier versions of the bot: manifests."""
    return plan.image_groups.to_delete if plan.image_groups else plan.deletions


def all_images(plan: PlanRecord) -> int:
    """As `images_to_delete`."""
    return plan.image_groups.all if plan.image_groups else plan.manifests


def _row(each: PlanWithSaving, terms: StateTerms) -> TableRow:
    name = each.plan.repository.name
    return TableRow(name, tuple(column.cell(each, terms) for column in _COLUMNS))


def _start(plan: PlanRecord, terms: StateTerms) -> str:
    if terms.pause:
        return "paused"
    at = plan.execute_after
    return f"starts {at:%H:%M} UTC" if at and at > terms.now else "starts now"


def _delete(each: PlanWithSaving, _: StateTerms) -> Cell:
    number = images_to_delete(each.plan)
    return NumberCell(number, f"{number:,}") if each.plan.complete else _UNKNOWN


def _of(each: PlanWithSaving, _: StateTerms) -> Cell:
    number = all_images(each.plan)
    return NumberCell(number, f"{number:,}")


def _frees(each: PlanWithSaving, _: StateTerms) -> Cell:
    return NumberCell(each.saving.bytes, freed(each.plan)) if each.plan.complete else _UNKNOWN


def _saves(each: PlanWithSaving, _: StateTerms) -> Cell:
    usd = 12 * each.saving.usd_per_month
    shown = NumberCell(round(usd, 2), f"{about(each.plan)}{dollars(usd)}")
    return shown if each.plan.complete else _UNKNOWN


def _warnings(each: PlanWithSaving, _: StateTerms) -> Cell:
    """Images to delete that were pulled recently, and those that no keep rule could match."""
    counts = each.plan.image_groups
    pulled, unmatched = (counts.recent_pulls, counts.forgotten) if counts else (0, 0)
    words = [f"{pulled:,} pulled recently"] * bool(pulled) + [f"{unmatched:,} unmatched"] * bool(
        unmatched
    )
    return NumberCell(pulled + unmatched, f"⚠️ {', '.join(words)}" if words else _BLANK)


def _state(each: PlanWithSaving, terms: StateTerms) -> Cell:
    return state_words(each.plan, terms)


_COLUMNS = (
    _Column("Delete", _delete),
    _Column("of", _of),
    _Column("Frees", _frees),
    _Column("Saves a year", _saves),
    _Column("⚠️", _warnings),
    _Column("State", _state),
)
