"""`/ecr-clean stop PLAN`."""

from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments
from bot.slack.listeners.deeds import follow
from bot.slack.listeners.wording import stopped


def stop(asked: Asked) -> None:
    (plan_id,) = arguments(asked.line, 1, 1)
    plan = asked.context.decisions.stop(plan_id, asked.person)
    asked.answer(stopped(plan))
    follow(asked.context, plan.id)
