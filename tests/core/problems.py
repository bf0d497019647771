"""Why a scan failed, as people read it."""

from bot.core.usage import SourceScan
from bot.render.obstacles import obstacle_words


def problem_of(scan: SourceScan) -> str:
    assert scan.problem is not None
    return obstacle_words(scan.problem)
