"""`/ecr-clean history [REPOSITORY]`."""

from bot.core.records import PlanRecord
from bot.slack.blocks.history import Ended, HistoryView, history_message
from bot.slack.context import SlackContext
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, as_repository
from bot.slack.view import LastRun

SHOWN = 10


def show_history(asked: Asked) -> None:
    context = asked.context
    name = next(iter(arguments(asked.line, 0, 1)), None)
    repository = asked.find(as_repository(name)) if name else None
    asked.answer(
        history_message(
            HistoryView(
                repository=repository.name if repository else None,
                ended=[
                    _ended(context, plan) for plan in context.store.ended_plans(SHOWN, repository)
                ],
                saved_bytes=context.store.freed_bytes_in_all(),
                usd_per_gb_month=context.usd_per_gb_month,
            )
        )
    )


def _ended(context: SlackContext, plan: PlanRecord) -> Ended:
    counts = context.store.tally(plan.id, plan.version, most_told=0).counts
    return Ended(LastRun(plan, counts), context.store.last_event(plan.id))
