"""Stored plans as tables, JSON and CSV, and sentences for their status and result.
`docs/output.md` lists the keys.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.core.permissions import why_unapprovable
from bot.core.plan import Plan, PlanState
from bot.core.records import Approval, ImageOutcome, PlanItem, PlanRecord
from bot.core.report_schedules import ReportOutcome
from bot.core.text_formatting import format_time, manifest_label
from bot.render.audit_events import by_reason, item_words
from bot.render.output import Column, Columns, TableColumn, dumps, place, place_columns
from bot.render.plans import CSV_HEADER, PLACE_COLUMNS, plan_as_json, plan_as_rows
from bot.render.quantities import age, count, freed, iso, saves, size
from bot.render.refusals import refusal_words, state_words
from bot.render.terminal import (
    NUMBER,
    ONE_LINE,
    ONE_LINE_NUMBER,
    ROWS,
    Heading,
    bullets,
    how_many_more,
    shown,
    shown_whole,
    stacked,
)

if TYPE_CHECKING:
    from rich.console import RenderableType


STYLES = {
    PlanState.PROPOSED: "bold",
    PlanState.APPROVED: "bold yellow",
    PlanState.EXECUTING: "bold yellow",
    PlanState.FAILED: "bold red",
}
ENDED = (PlanState.DONE, PlanState.FAILED, PlanState.STOPPED)
NOTABLE_OUTCOMES = (ImageOutcome.FAILED, ImageOutcome.SKIPPED)
ITEMS_PER_CHUNK = 1000

_PLACE: tuple[Column[PlanRecord, PlanRecord], ...] = place_columns(
    lambda plan: place(plan.repository),
    TableColumn(Heading("repository", ONE_LINE), lambda plan, _now: plan.repository.name),
)

ITEM_COLUMNS: Columns[PlanItem, Any] = Columns(
    Column("digest", lambda item: item.digest),
    Column("tags", lambda item: item.tags),
    Column("outcome", lambda item: item.outcome),
    Column("reason", item_words),
)
"""The columns of a result, one row for each manifest."""


def _state(plan: PlanRecord, _now: datetime) -> "RenderableType":
    incomplete = "" if plan.complete else ", incomplete"
    return shown(f"{plan.state}{incomplete}", style=STYLES.get(plan.state, ""))


def _approval_as_object(approval: Approval) -> dict[str, Any]:
    return {"by": approval.by, "at": iso(approval.at), "version": approval.version}


def _approval_as_text(approval: Approval) -> str:
    return f"version {approval.version} by {approval.by} at {iso(approval.at)}"


_VERSION: tuple[Column[PlanRecord, PlanRecord], ...] = (
    Column(
        "plan",
        lambda plan: plan.id,
        table=TableColumn(Heading("plan", ONE_LINE), lambda plan, _now: plan.id),
    ),
    Column(
        "version",
        lambda plan: plan.version,
        table=TableColumn(Heading("version", NUMBER), lambda plan, _now: f"{plan.version}"),
    ),
    Column("state", lambda plan: plan.state, table=TableColumn(Heading("state"), _state)),
)

PLAN_COLUMNS: Columns[PlanRecord, PlanRecord] = Columns(
    *_VERSION,
    *_PLACE,
    Column("manifests", None, lambda plan: plan.manifests),
    Column(
        "deletions",
        None,
        lambda plan: plan.deletions,
        TableColumn(
            Heading("to delete", ONE_LINE_NUMBER),
            lambda plan, _now: f"{plan.deletions:,} of {plan.manifests:,}",
        ),
    ),
    Column(
        "freed_bytes",
        lambda plan: plan.freed_bytes,
        table=TableColumn(Heading("frees", ONE_LINE_NUMBER), lambda plan, _now: freed(plan)),
    ),
    Column("complete", lambda plan: plan.complete),
    Column(
        "proposed_at",
        lambda plan: iso(plan.proposed_at),
        table=TableColumn(
            Heading("proposed", ONE_LINE), lambda plan, now: f"{age(now - plan.proposed_at)} ago"
        ),
    ),
    Column("expires_at", lambda plan: iso(plan.expires_at)),
    Column("execute_after", lambda plan: iso(plan.execute_after)),
    Column(
        "approvals",
        lambda plan: list(map(_approval_as_object, plan.approvals)),
        lambda plan: "; ".join(map(_approval_as_text, plan.approvals)),
    ),
    Column("unconfirmed_bytes", lambda plan: plan.unconfirmed_bytes),
    json_first=(
        "plan",
        "version",
        "state",
        "approvals",
        "execute_after",
        "freed_bytes",
        "unconfirmed_bytes",
        "proposed_at",
        "expires_at",
    ),
    table_first=("plan", "repository"),
)

_VERSION_COLUMNS = Columns(*_VERSION)
_VERSION_AND_PLACE_COLUMNS = Columns(*_VERSION, *_PLACE)

RESULT_HEADER = (*_VERSION_AND_PLACE_COLUMNS.header, *ITEM_COLUMNS.header)
PROPOSAL_HEADER = (*_VERSION_COLUMNS.header, *CSV_HEADER)


def result_as_rows(plan: PlanRecord, items: Sequence[PlanItem]) -> Iterator[tuple[object, ...]]:
    version_and_place = _VERSION_AND_PLACE_COLUMNS.as_row(plan)
    for item in items:
        yield (*version_and_place, *ITEM_COLUMNS.as_row(item))


def proposal_as_rows(plan: PlanRecord, content: Plan) -> Iterator[tuple[object, ...]]:
    """A row for each manifest."""
    version = _VERSION_COLUMNS.as_row(plan)
    for row in plan_as_rows(content):
        yield (*version, *row)


def stored_plan_as_json(plan: PlanRecord, items: Sequence[PlanItem]) -> Iterator[bytes]:
    """One object on one line, in chunks, since a result may be long. The last chunk ends with the
    line end."""
    yield dumps(PLAN_COLUMNS.as_object(plan))[:-1]
    yield from _receipt_as_json(items)
    yield b"}\n"


def proposal_as_json(plan: PlanRecord, items: Sequence[PlanItem], content: Plan) -> Iterator[bytes]:
    """`stored_plan_as_json`, with all keys of the plan itself."""
    keys_of_content = {*PLACE_COLUMNS.header, "complete"}
    record = PLAN_COLUMNS.as_object(plan)
    yield dumps({key: record[key] for key in record if key not in keys_of_content})[:-1]
    yield from _receipt_as_json(items)
    pieces = plan_as_json(content)
    yield b"," + next(pieces).removeprefix(b"{")
    yield from pieces


def _receipt_as_json(items: Sequence[PlanItem]) -> Iterator[bytes]:
    """The key `receipt` of an object that is still open."""
    yield b',"receipt":['
    for start in range(0, len(items), ITEMS_PER_CHUNK):
        chunk = items[start : start + ITEMS_PER_CHUNK]
        lines = dumps(list(map(ITEM_COLUMNS.as_object, chunk)))
        yield (b"," if start else b"") + lines[1:-1]
    yield b"]"


def stored_plans_as_table(plans: Iterable[PlanRecord], now: datetime) -> "RenderableType":
    found = list(plans)
    if not found:
        return shown("No plans. To make one: ecr-clean propose REPOSITORY")
    return PLAN_COLUMNS.as_table(found, now)


def status_sentence(plan: PlanRecord, required: int) -> str:
    """The plan's status and the next step. `required`: how many people must approve."""
    return f"Plan {plan.id}, version {plan.version}, {_status(plan)}.{_next_step(plan, required)}"


def _status(plan: PlanRecord) -> str:
    if plan.state is PlanState.PROPOSED:
        return f"is proposed until {format_time(plan.expires_at)}"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"is approved; deletion starts {format_time(plan.execute_after)}"
    if plan.stop_asked_by and plan.state is PlanState.EXECUTING:
        return f"{state_words(plan.state)}, and stops after the batches in flight"
    return state_words(plan.state)


def _next_step(plan: PlanRecord, required: int) -> str:
    if plan.state is not PlanState.PROPOSED:
        return ""
    if why_not := why_unapprovable(plan):
        return f" {refusal_words(why_not)}."
    if required > 1:
        approved = len(plan.current_approvals)
        return f" {required} people must approve it in Slack; {approved} have."
    return f" To approve it: ecr-clean approve {plan.id} --version {plan.version}"


def deletion_words(plan: PlanRecord, usd_per_month: float) -> str:
    """The deletions of an approval, as a clause."""
    return (
        f"version {plan.version} of plan {plan.id} deletes {plan.deletions:,} of "
        f"{count(plan.manifests, 'manifest')} in {plan.repository.name}, which frees "
        f"{freed(plan)} ({saves(usd_per_month, exact=plan.exact)})"
    )


def status_as_text(plan: PlanRecord, required: int) -> "RenderableType":
    """The line is not wrapped, so that the command in it can be copied."""
    style = STYLES.get(plan.state, "bold") if plan.complete else "bold red"
    return shown_whole(status_sentence(plan, required), style=style)


def stored_plan_as_text(
    plan: PlanRecord, items: Sequence[PlanItem], required: int
) -> Iterator["RenderableType"]:
    """Status, approvals and result, without the plan's content."""
    yield status_as_text(plan, required)
    yield shown(f"Proposed {format_time(plan.proposed_at)}.")
    yield from (_approval(each, plan.version) for each in plan.approvals)
    if items:
        yield _progress(items) if plan.state is PlanState.EXECUTING else _result_text(items)


def result_as_text(
    plan: PlanRecord, items: Sequence[PlanItem], required: int, usd_per_month: float
) -> Iterator["RenderableType"]:
    """The result of a plan that this process executed."""
    yield status_as_text(plan, required)
    if plan.state in ENDED:
        saved = f"{freed(plan)}: {saves(usd_per_month, exact=plan.exact)}"
        yield shown(f"{plan.repository.name}: freed {saved}.", style="bold")
        if plan.unconfirmed_bytes:
            more = size(plan.unconfirmed_bytes)
            yield shown(f"ECR never confirmed the deletion of another {more}.")
        yield _result_text(items)


def database_age_note(made_at: datetime) -> "RenderableType":
    words = f"Database from {format_time(made_at)}: earlier pins, plans and tags are unknown."
    return shown(words, style="yellow")


def _approval(approval: Approval, version: int) -> "RenderableType":
    earlier = f", for version {approval.version}, which is outdated"
    suffix = "." if approval.version == version else f"{earlier}."
    return shown(f"Approved by {approval.by} {format_time(approval.at)}{suffix}")


def _progress(items: Sequence[PlanItem]) -> "RenderableType":
    settled = sum(item.outcome is not ImageOutcome.PENDING for item in items)
    so_far = shown(f"{settled:,} of {count(len(items), 'manifest')} processed.")
    return stacked(so_far, _result_text(items))


def _result_text(items: Sequence[PlanItem]) -> "RenderableType":
    by_outcome = Counter(item.outcome for item in items)
    summary = ", ".join(f"{by_outcome[each]:,} {each}" for each in ImageOutcome if by_outcome[each])
    if unconfirmed := sum(item.is_unconfirmed for item in items):
        summary += f" ({unconfirmed:,} of the deletions ECR never confirmed)"
    lines = list(_notable_results(items))
    parts = [shown(f"Result: {summary}.")]
    if lines:
        parts.append(bullets(lines[:ROWS]))
    return stacked(*parts, *how_many_more(len(lines), "--format csv lists all"))


def _notable_results(items: Sequence[PlanItem]) -> Iterator[str]:
    """A line for each reason. Failures come first."""
    for outcome in NOTABLE_OUTCOMES:
        for words, some in by_reason(item for item in items if item.outcome is outcome).items():
            more = f" and {len(some) - 1:,} more" if len(some) > 1 else ""
            yield f"{manifest_label(some[0].digest, some[0].tags)}{more} {outcome}: {words}"


@dataclass(frozen=True, slots=True)
class PostedReport:
    """The message about a repository: its own report, or the summary of several repositories.
    `channel` is an id. `usd`: USD a month."""

    plan: PlanRecord
    usd: float
    outcome: ReportOutcome
    channel: str
    ts: str
    link: str


_REPORT_PLACE: tuple[Column[PostedReport, PostedReport], ...] = place_columns(
    lambda posted: place(posted.plan.repository)
)

REPORT_COLUMNS: Columns[PostedReport, PostedReport] = Columns(
    *_REPORT_PLACE,
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
    if posted.outcome is ReportOutcome.NOTHING:
        return "nothing to delete, in the summary"
    if posted.outcome is ReportOutcome.SMALL:
        return f"{saves(posted.usd)}, in the summary"
    return "posted"
