"""Why a scan failed, as people read it."""

from bot.core.usage import Look
from bot.render.obstacles import obstacle_words


def problem_of(look: Look) -> str:
    assert look.problem is not None
    return obstacle_words(look.problem)
