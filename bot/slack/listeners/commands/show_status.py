"""`/ecr-clean status`."""

from bot import __version__
from bot.core.due import DUE
from bot.core.plan_state import PlanState
from bot.slack.blocks.status import StatusView, status_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments
from bot.slack.listeners.commands.under_way import under_way
from bot.slack.open_plans import open_plans, with_link
from bot.usecases.ask_for_report import REPORT

SHOWN = 10


def show_status(asked: Asked) -> None:
    arguments(asked.line, 0, 0)
    desk = asked.desk
    plans = open_plans(desk.store)
    proposed = [plan for plan in plans if plan.state is PlanState.PROPOSED]
    asked.answer(
        status_message(
            StatusView(
                pause=desk.store.pause(),
                deleting=under_way(desk.store),
                waiting=[plan for plan in plans if plan.state is PlanState.APPROVED],
                open_plans=[
                    with_link(desk.store, desk.rules_of, desk.url, plan)
                    for plan in proposed[:SHOWN]
                ],
                more=len(proposed[SHOWN:]),
                reports=desk.store.jobs_left(REPORT, DUE),
                version=__version__,
                usd_per_gb_month=desk.usd_per_gb_month,
                now=desk.clock(),
            )
        )
    )
