"""What the audit and the receipt say, as sentences."""

from collections.abc import Iterator
from typing import assert_never

from bot.core.audit_details import (
    DeletedAsApproved,
    EventDetail,
    NotDeleted,
    ReasonCount,
    RunEnded,
)
from bot.core.records import Item
from bot.core.result_reasons import ResultReason, Sentence
from bot.render.reasons import end_cause_words, reason_words

UNCONFIRMED = "ECR's answer was lost, and when it was looked up, it was gone"


def detail_words(detail: EventDetail) -> str:
    match detail:
        case DeletedAsApproved(is_unconfirmed):
            return f"as approved; {UNCONFIRMED}" if is_unconfirmed else "as approved"
        case NotDeleted(reasons):
            return "; ".join(map(_counted, reasons))
        case RunEnded():
            return _ended(detail)
        case Sentence(text):
            return text
        case _:
            assert_never(detail)


def item_words(item: Item) -> str:
    """Empty for what is pending."""
    words = result_words(item.reason)
    return f"{words}; {UNCONFIRMED}" if item.is_unconfirmed else words


def result_words(reason: ResultReason | None) -> str:
    return reason_words(reason) if reason else ""


def _counted(counted: ReasonCount) -> str:
    words = reason_words(counted.reason)
    return f"{counted.images:,}: {words}" if counted.images > 1 else words


def _ended(run: RunEnded) -> str:
    about = "" if run.exact else "about "
    words = f"{', '.join(_numbers(run))}; {about}{run.freed_bytes:,} bytes freed"
    if run.unconfirmed:
        one = run.unconfirmed == 1
        deletions = "1 deletion" if one else f"{run.unconfirmed:,} deletions"
        words += f", and {run.unconfirmed_bytes:,} by {deletions} that ECR never confirmed"
    return f"{words}; {end_cause_words(run.cause)}" if run.cause else words


def _numbers(run: RunEnded) -> Iterator[str]:
    by_outcome = (
        (run.pending, "pending"),
        (run.deleted, "deleted"),
        (run.skipped, "spared"),
        (run.failed, "failed"),
    )
    return (f"{number:,} {outcome}" for number, outcome in by_outcome if number)
