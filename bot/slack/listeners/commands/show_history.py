"""`/ecr-clean history [REPOSITORY]`."""

from bot.core.records import PlanRecord
from bot.slack.blocks.history import Ended, HistoryView, history_message
from bot.slack.desk import Desk
from bot.slack.home_view import LastRun
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, as_repository

SHOWN = 10


def show_history(asked: Asked) -> None:
    desk = asked.desk
    name = next(iter(arguments(asked.line, 0, 1)), None)
    repository = asked.find(as_repository(name)) if name else None
    asked.answer(
        history_message(
            HistoryView(
                repository=repository.name if repository else None,
                ended=[_ended(desk, plan) for plan in desk.store.ended_plans(SHOWN, repository)],
                saved_bytes=desk.store.freed_bytes_in_all(),
                usd_per_gb_month=desk.usd_per_gb_month,
            )
        )
    )


def _ended(desk: Desk, plan: PlanRecord) -> Ended:
    counts = desk.store.tally(plan.id, plan.version, most_told=0).counts
    return Ended(LastRun(plan, counts), desk.store.last_event(plan.id))
