"""Tells what became of plans that were carried out here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.cli.carrying_out import HandsOn
from bot.cli.status import ExitStatus
from bot.cli.terminal import note, show
from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord
from bot.core.savings import usd_per_month
from bot.render.errors import called_back_words
from bot.render.stored_plans import result_as_text
from bot.usecases.deletion.start import NotStartedError

if TYPE_CHECKING:
    from bot.store.store import Store

GOES_WELL = (PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE)


def carried_out(hands: HandsOn, plan: PlanRecord) -> ExitStatus:
    """Waits for it, with a bar where somebody looks."""
    try:
        return tell_what_became(hands, hands.to_the_end(plan))
    except NotStartedError as error:
        return tell_why_not(error)


@contextmanager
def told_what_goes_on(store: "Store", plan: PlanRecord) -> Iterator[None]:
    """To whoever presses Ctrl-C before the end."""
    try:
        yield
    except KeyboardInterrupt:
        note(_what_goes_on(store.plan(plan.id) or plan))
        raise


def tell_what_became(hands: HandsOn, plan: PlanRecord) -> ExitStatus:
    items = hands.store.items(plan.id, plan.version)
    usd = usd_per_month(plan.freed_bytes, hands.settings.price_per_gb_month)
    required = hands.settings.approval.required
    show(result_as_text(plan, items, required, usd))
    return ExitStatus.DONE if plan.state in GOES_WELL else ExitStatus.FAILED


def _what_goes_on(plan: PlanRecord) -> str:
    """Of a plan that somebody waits for no longer."""
    if plan.state is PlanState.EXECUTING:
        return f"another process goes on with the plan: ecr-clean stop {plan.id} stops it"
    return (
        f"the approval stands, and ecr-clean serve or recover carries the plan out: "
        f"ecr-clean stop {plan.id} takes it back"
    )


def tell_why_not(error: NotStartedError) -> ExitStatus:
    note(called_back_words(error.plan, error.cause))
    return ExitStatus.INCOMPLETE if error.is_incomplete else ExitStatus.REFUSED
