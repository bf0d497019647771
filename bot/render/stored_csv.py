"""Stored plans as CSV: a line a plan, a line of the receipt, or a line a manifest."""

from collections.abc import Iterator, Sequence

from bot.core.plan import Plan
from bot.core.records import Approval, Item, PlanRecord
from bot.render import plan_csv
from bot.render.events_words import item_words
from bot.render.places import Place, place
from bot.render.words import iso

_NAMED = ("plan", "version", "state")

COLUMNS = (
    *_NAMED,
    *Place._fields,
    "manifests",
    "deletions",
    "freed_bytes",
    "complete",
    "proposed_at",
    "expires_at",
    "execute_after",
    "approvals",
    "unconfirmed_bytes",
)

RECEIPT_COLUMNS = (*_NAMED, *Place._fields, "digest", "tags", "outcome", "reason")

PROPOSAL_COLUMNS = (*_NAMED, *plan_csv.COLUMNS)


def stored_plan_as_rows(plan: PlanRecord) -> Iterator[tuple[object, ...]]:
    """Approvals are parted by `; `."""
    yield (
        *_named(plan),
        *place(plan.repository),
        plan.manifests,
        plan.deletions,
        plan.freed_bytes,
        "yes" if plan.complete else "no",
        iso(plan.proposed_at),
        iso(plan.expires_at),
        iso(plan.execute_after),
        "; ".join(map(_approval, plan.approvals)),
        plan.unconfirmed_bytes,
    )


def receipt_as_rows(plan: PlanRecord, items: Sequence[Item]) -> Iterator[tuple[object, ...]]:
    """Tags are parted by spaces, which no tag holds."""
    whose = (*_named(plan), *place(plan.repository))
    for item in items:
        yield (*whose, item.digest, " ".join(item.tags), item.outcome.value, item_words(item))


def proposal_as_rows(plan: PlanRecord, content: Plan) -> Iterator[tuple[object, ...]]:
    for row in plan_csv.plan_as_rows(content):
        yield (*_named(plan), *row)


def _named(plan: PlanRecord) -> tuple[object, ...]:
    return plan.id, plan.version, plan.state.value


def _approval(approval: Approval) -> str:
    return f"version {approval.version} by {approval.by} at {iso(approval.at)}"
