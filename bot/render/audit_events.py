"""Sentences for audit events and deletion results, and the audit as text, JSON and CSV."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, assert_never

from bot.core import audit_details as audit
from bot.core.audit_details import (
    DeletedAsApproved,
    EventDetail,
    ImagesNotDeleted,
    ReasonCount,
    RunEnded,
)
from bot.core.errors import ErrorText
from bot.core.records import AuditEvent, AuditEventName, Pause, PlanItem
from bot.core.result_reasons import ResultReason
from bot.core.text_formatting import first_few, format_time
from bot.render.output import Column, Columns, place_columns, place_of
from bot.render.permission_sentences import grant_words
from bot.render.pins import pin_words
from bot.render.plan_problem_sentences import forbidden_words, start_problem_words
from bot.render.quantities import count, iso
from bot.render.reasons import end_cause_words, reason_words
from bot.render.refusals import figures_words, pause_words, refusal_words
from bot.render.terminal import indented, shown, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType

STYLES = {
    AuditEventName.REFUSED: "red",
    AuditEventName.APPROVED: "bold yellow",
    AuditEventName.DELETED: "bold red",
    AuditEventName.FAILED: "bold red",
}

UNCONFIRMED = "ECR's answer was lost; a later check found the image gone"


def detail_words(detail: EventDetail) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a value
    match detail:
        case audit.PlanProposed(deletions, manifests, complete):
            incomplete = "" if complete else "; it is incomplete"
            return f"{deletions:,} of {manifests:,} manifests to delete{incomplete}"
        case audit.PlanFoundUnchanged(until):
            return f"unchanged; open until {format_time(until)}"
        case audit.ImagesKeptByPins(images, of, pins):
            named = f" ({first_few(pins)})" if pins else ""
            return f"pins{named} keep {images:,} of {of:,} images to delete"
        case audit.ApprovalGiven(reason, approvals, required, begins_at):
            starts = f"deletion starts {format_time(begins_at)}" if begins_at else ""
            return f"{grant_words(reason)}; {starts or f'{approvals} of {required} approvals'}"
        case audit.RequestRefused(refusal):
            return refusal_words(refusal)
        case audit.PlanDismissed():
            return "nothing is deleted"
        case audit.PlanExpired(expired_at):
            return f"it was not executed before {format_time(expired_at)}"
        case audit.PinDetail(pin):
            return pin_words(pin)
        case audit.UsageConfirmed(figures):
            return f"confirmed: {figures_words(figures)}"
        case audit.PauseStarted(by, at, why):
            return pause_words(Pause(by, at, why))
        case audit.PauseEnded(by):
            return f"it was paused by {by}"
        case audit.StartPostponed(due, begins_at):
            return (
                f"no worker started it {format_time(due)}; it starts {format_time(begins_at)} "
                "unless it is stopped"
            )
        case audit.RunStarted(approvers, host):
            return f"approved by {', '.join(approvers)}; runs on {host}"
        case audit.RunTakenOver(from_host, pid, host):
            return f"from process {pid} on {from_host}; continues on {host}"
        case audit.StartPrevented(cause):
            return start_problem_words(cause)
        case audit.RunStoppedAtTakeover(cause):
            return f"nothing more is deleted: {forbidden_words(cause)}"
        case audit.StopRequested():
            return "after the batches in flight"
        case audit.StoppedBeforeStart():
            return "before anything was deleted"
        case DeletedAsApproved(is_unconfirmed):
            return f"as approved; {UNCONFIRMED}" if is_unconfirmed else "as approved"
        case ImagesNotDeleted(reasons):
            return "; ".join(map(_counted, reasons))
        case RunEnded():
            return _ended(detail)
        case ErrorText(text):
            return text
        case _:
            assert_never(detail)


def item_words(item: PlanItem) -> str:
    """Why the manifest was deleted, skipped or failed. Empty if it is pending."""
    words = result_words(item.reason)
    return f"{words}; {UNCONFIRMED}" if item.is_unconfirmed else words


def result_words(reason: ResultReason | None) -> str:
    return reason_words(reason) if reason else ""


def by_reason(items: Iterable[PlanItem]) -> Mapping[str, Sequence[PlanItem]]:
    """Items by the sentence of their reason. Different reasons may have the same sentence, such as
    two pulls in the same minute."""
    found: defaultdict[str, list[PlanItem]] = defaultdict(list)
    for item in items:
        found[item_words(item)].append(item)
    return found


def _counted(counted: ReasonCount) -> str:
    words = reason_words(counted.reason)
    return f"{counted.images:,}: {words}" if counted.images > 1 else words


def _ended(run: RunEnded) -> str:
    about = "" if run.exact else "about "
    words = f"{', '.join(_numbers(run))}; {about}{run.freed_bytes:,} bytes freed"
    if run.unconfirmed:
        one = run.unconfirmed == 1
        deletions = "1 deletion" if one else f"{run.unconfirmed:,} deletions"
        words += f", plus {run.unconfirmed_bytes:,} by {deletions} that ECR never confirmed"
    return f"{words}; {end_cause_words(run.cause)}" if run.cause else words


def _numbers(run: RunEnded) -> Iterator[str]:
    by_outcome = (
        (run.pending, "pending"),
        (run.deleted, "deleted"),
        (run.skipped, "skipped"),
        (run.failed, "failed"),
    )
    return (f"{number:,} {outcome}" for number, outcome in by_outcome if number)


_PLACE: tuple[Column[AuditEvent, AuditEvent], ...] = place_columns(
    lambda event: place_of(event.repository)
)

EVENT_COLUMNS: Columns[AuditEvent, AuditEvent] = Columns(
    Column("at", lambda event: iso(event.at)),
    Column("event", lambda event: event.event),
    Column("by", lambda event: event.by),
    Column("plan", lambda event: event.plan),
    Column("version", lambda event: event.version),
    *_PLACE,
    Column("digests", lambda event: event.digests),
    Column("detail", lambda event: detail_words(event.detail)),
)

_SAME = attrgetter("event", "by", "plan", "version", "repository")


def events_as_texts(events: Iterable[AuditEvent]) -> Iterator["RenderableType"]:
    """One text an event. Consecutive events that differ only in time and digests, such as batches,
    share one text."""
    for _, group in groupby(events, lambda event: (*_SAME(event), detail_words(event.detail))):
        alike = list(group)
        digests = sum(len(event.digests) for event in alike)
        yield _as_text(alike[0], digests, times=len(alike))


def _as_text(event: AuditEvent, digests: int, times: int) -> "RenderableType":
    heading: list[str | tuple[str, str]] = [
        f"{format_time(event.at)}  ",
        (event.event.replace("_", " "), STYLES.get(event.event, "bold")),
    ]
    if event.repository:
        heading.append(f"  {place_of(event.repository).repository}")
    if event.plan:
        heading.append(f"  plan {event.plan}, version {event.version}")
    if digests:
        heading.append((f"  {count(digests, 'digest')}", "dim"))
    if times > 1:
        heading.append((f"  {times:,} times", "dim"))
    return stacked(shown(*heading), indented(shown(f"{event.by}: {detail_words(event.detail)}")))


def no_events() -> "RenderableType":
    return shown("No events.")
