"""Why a scan failed, as people read it."""

from bot.core.obstacles import ScanFailed
from bot.core.usage import Look
from bot.render.obstacles import obstacle_words


def problem_of(look: Look) -> str:
    assert look.failure is not None
    return obstacle_words(ScanFailed(look.source, look.scope, look.failure))
