"""`/ecr-clean status`."""

from bot import __version__
from bot.core.due import DUE
from bot.core.plan_state import PlanState
from bot.slack.blocks.status import StatusView, status_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments
from bot.slack.listeners.commands.under_way import under_way
from bot.slack.plan_messages import open_plans, with_link
from bot.usecases.reports import REPORT

SHOWN = 10


def show_status(asked: Asked) -> None:
    arguments(asked.line, 0, 0)
    context = asked.context
    plans = open_plans(context.store)
    proposed = [plan for plan in plans if plan.state is PlanState.PROPOSED]
    asked.answer(
        status_message(
            StatusView(
                pause=context.store.pause(),
                deleting=under_way(context.store),
                waiting=[plan for plan in plans if plan.state is PlanState.APPROVED],
                open_plans=[
                    with_link(context.store, context.rules_of, context.url, plan)
                    for plan in proposed[:SHOWN]
                ],
                more=len(proposed[SHOWN:]),
                reports=context.store.jobs_left(REPORT, DUE),
                version=__version__,
                usd_per_gb_month=context.usd_per_gb_month,
                now=context.clock(),
            )
        )
    )
