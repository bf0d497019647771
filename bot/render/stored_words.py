"""Where a stored plan stands, in words."""

from bot.core.authority import why_unapprovable
from bot.core.plan_state import PlanState
from bot.core.records import PlanRecord
from bot.core.words import moment
from bot.render.decisions import refusal_words, state_words
from bot.render.words import count, freed, money


def standing(plan: PlanRecord, required: int) -> str:
    """And what may be done next. `required`: how many people must approve."""
    return f"Plan {plan.id}, version {plan.version}, {_where(plan)}.{_what_next(plan, required)}"


def at_stake(plan: PlanRecord, usd_per_month: float) -> str:
    """What an approval would delete."""
    return (
        f"version {plan.version} of plan {plan.id} deletes {plan.deletions:,} of "
        f"{count(plan.manifests, 'manifest')} in {plan.repository.name}, which frees "
        f"{freed(plan)} ({money(usd_per_month)} a month)"
    )


def _where(plan: PlanRecord) -> str:
    if plan.state is PlanState.PROPOSED:
        return f"is proposed until {moment(plan.expires_at)}"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"is approved; deletion starts {moment(plan.execute_after)}"
    if plan.stop_asked_by and plan.state is PlanState.EXECUTING:
        return f"{state_words(plan.state)}, and stops after the batches in flight"
    return state_words(plan.state)


def _what_next(plan: PlanRecord, required: int) -> str:
    if plan.state is not PlanState.PROPOSED:
        return ""
    if why_not := why_unapprovable(plan):
        return f" {refusal_words(why_not)}."
    if required > 1:
        approved = len(plan.current_approvals)
        return f" {required} people must approve it in Slack; {approved} have."
    return f" To approve it: ecr-clean approve {plan.id} --version {plan.version}"
