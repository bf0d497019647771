"""Errors and failures as people read them."""

from dataclasses import replace
from typing import assert_never

from bot.core.errors import ErrorText, RefusedError, RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.report_schedules import NotDoneWithinADay, ReportFailure, TooManyAttempts
from bot.core.result_reasons import StartProblem
from bot.render.decisions import refusal_words
from bot.render.plan_problem_sentences import start_problem_words
from bot.render.quantities import count
from bot.sanitize import quoted


def error_words(error: Exception) -> str:
    """Sentences, parted by line ends if there are several."""
    return "\n".join(error_lines(error))


def error_lines(error: Exception) -> list[str]:
    """A sentence a line."""
    if isinstance(error, RefusedError):
        return [refusal_words(error.refusal)]
    return [str(argument) for argument in error.args]


def any_error_words(error: Exception) -> str:
    """As `error_words`. Any other error is a bug, and is shown as one."""
    if isinstance(error, RequestError | ServiceError):
        return error_words(error)
    what = f"{type(error).__name__}: {quoted(error)}"
    return f"a bug of ecr-clean's own ({what}): --debug shows more"


def any_error_sentence(error: Exception) -> ErrorText:
    """`any_error_words`, with the call of AWS that failed, if it was one."""
    return replace(ErrorText.of(error), text=any_error_words(error))


def not_started_words(plan: PlanRecord, cause: StartProblem) -> str:
    return (
        f"The plan {plan.id} for {plan.repository.name} could not begin "
        f"({start_problem_words(cause)}), so it is proposed again, without approvals"
    )


def failure_words(failure: ReportFailure) -> str:
    """Of a job or a report: a part of a sentence, without a full stop."""
    match failure:
        case TooManyAttempts(attempts):
            return (
                f"{count(attempts, 'attempt')} failed, since the worker ended, met a bug or had no "
                "database: see its log"
            )
        case NotDoneWithinADay(last):
            return f"it was not done within a day; the last error: {last.text}"
        case ErrorText(text):
            return text
        case _:
            assert_never(failure)
