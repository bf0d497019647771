"""The sentence of a failed scan."""

from bot.core.usage import SourceScan
from bot.render.plan_problem_sentences import plan_problem_words


def problem_of(scan: SourceScan) -> str:
    assert scan.problem is not None
    return plan_problem_words(scan.problem)
