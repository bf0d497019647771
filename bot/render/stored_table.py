"""Stored plans, as a person reads them in a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType

from bot.core.plan_state import PlanState
from bot.core.records import Approval, Item, Outcome, PlanRecord
from bot.core.words import moment, named
from bot.render.events_words import by_reason
from bot.render.stored_words import standing
from bot.render.terminal import ROWS, bullets, how_many_more, shown, shown_whole, table
from bot.render.words import age, count, freed, money, size

STYLES = {
    PlanState.PROPOSED: "bold",
    PlanState.APPROVED: "bold yellow",
    PlanState.EXECUTING: "bold yellow",
    PlanState.FAILED: "bold red",
}
ENDED = (PlanState.DONE, PlanState.FAILED, PlanState.STOPPED)
NEEDS_A_LOOK = (Outcome.FAILED, Outcome.SPARED)


def stored_plans_as_table(plans: Iterable[PlanRecord], now: datetime) -> RenderableType:
    rows = table()
    rows.add_column("plan", no_wrap=True)
    rows.add_column("repository", overflow="fold")
    rows.add_column("version", justify="right")
    rows.add_column("state")
    rows.add_column("to delete", justify="right")
    rows.add_column("frees", justify="right", no_wrap=True)
    rows.add_column("proposed", no_wrap=True)
    for plan in plans:
        rows.add_row(
            plan.id,
            plan.repository.name,
            f"{plan.version}",
            _state(plan),
            f"{plan.deletions:,} of {plan.manifests:,}",
            freed(plan),
            f"{age(now - plan.proposed_at)} ago",
        )
    return rows if rows.row_count else shown("Nothing was proposed yet: ecr-clean propose does.")


def standing_as_text(plan: PlanRecord, required: int) -> RenderableType:
    """As long as it is, so that the command in it can be copied whole."""
    style = STYLES.get(plan.state, "bold") if plan.complete else "bold red"
    return shown_whole(standing(plan, required), style=style)


def stored_plan_as_text(
    plan: PlanRecord, items: Sequence[Item], required: int
) -> Iterator[RenderableType]:
    """What is known beside the plan itself."""
    yield standing_as_text(plan, required)
    yield shown(f"Proposed {moment(plan.proposed_at)}.")
    yield from (_approval(each, plan.version) for each in plan.approvals)
    if items:
        yield _how_far(items) if plan.state is PlanState.EXECUTING else _receipt(items)


def what_became_as_text(
    plan: PlanRecord, items: Sequence[Item], required: int, usd_per_month: float
) -> Iterator[RenderableType]:
    """Of a plan that somebody just carried out."""
    yield standing_as_text(plan, required)
    if plan.state in ENDED:
        saved = f"{freed(plan)}: {money(usd_per_month)} a month"
        yield shown(f"{plan.repository.name}: freed {saved}.", style="bold")
        if plan.unconfirmed_bytes:
            more = size(plan.unconfirmed_bytes)
            yield shown(f"ECR never confirmed the deletion of another {more}.")
        yield _receipt(items)


def since_when(made_at: datetime) -> RenderableType:
    words = f"The database knows of no pin, plan or moved tag before {moment(made_at)}."
    return shown(words, style="yellow")


def _state(plan: PlanRecord) -> RenderableType:
    incomplete = "" if plan.complete else ", incomplete"
    return shown(f"{plan.state}{incomplete}", style=STYLES.get(plan.state, ""))


def _approval(approval: Approval, version: int) -> RenderableType:
    earlier = f": that was version {approval.version}, and counts no more"
    suffix = "." if approval.version == version else f"{earlier}."
    return shown(f"Approved by {approval.by} {moment(approval.at)}{suffix}")


def _how_far(items: Sequence[Item]) -> RenderableType:
    settled = sum(item.outcome is not Outcome.PENDING for item in items)
    so_far = shown(f"{settled:,} of {count(len(items), 'manifest')} are settled so far.")
    return Group(so_far, _receipt(items))


def _receipt(items: Sequence[Item]) -> RenderableType:
    by_outcome = Counter(item.outcome for item in items)
    summary = ", ".join(f"{by_outcome[each]:,} {each}" for each in Outcome if by_outcome[each])
    if unconfirmed := sum(item.is_unconfirmed for item in items):
        summary += f" ({unconfirmed:,} of the deletions ECR never confirmed)"
    lines = list(_what_needs_a_look(items))
    parts: list[RenderableType] = [shown(f"Receipt: {summary}.")]
    if lines:
        parts.append(bullets(lines[:ROWS]))
    return Group(*parts, *how_many_more(len(lines), "--format csv lists all"))


def _what_needs_a_look(items: Sequence[Item]) -> Iterator[str]:
    """What failed comes first. The same reason is told once, however many it concerns."""
    for outcome in NEEDS_A_LOOK:
        for words, some in by_reason(item for item in items if item.outcome is outcome).items():
            more = f" and {len(some) - 1:,} more" if len(some) > 1 else ""
            yield f"{named(some[0].digest, some[0].tags)}{more} {outcome}: {words}"
