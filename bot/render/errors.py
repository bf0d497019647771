"""Errors as people read them."""

from bot.core.errors import RefusedError
from bot.core.records import PlanRecord
from bot.core.start_obstacles import StartObstacle
from bot.render.decisions import refusal_words
from bot.render.obstacles import start_obstacle_words


def error_words(error: Exception) -> str:
    """Sentences, parted by line ends if there are several."""
    return "\n".join(error_lines(error))


def error_lines(error: Exception) -> list[str]:
    """A sentence a line."""
    if isinstance(error, RefusedError):
        return [refusal_words(error.refusal)]
    return [str(argument) for argument in error.args]


def called_back_words(plan: PlanRecord, cause: StartObstacle) -> str:
    return (
        f"The plan {plan.id} for {plan.repository.name} could not begin "
        f"({start_obstacle_words(cause)}), so it is proposed again, without approvals"
    )
