"""Sentences for errors and failures."""

from dataclasses import replace
from typing import assert_never

from bot.core.errors import ErrorText, HintedError, RefusedError, RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.report_schedules import NotDoneWithinADay, ReportFailure, TooManyAttempts
from bot.core.result_reasons import StartProblem
from bot.render.hints import Surface, hint_words
from bot.render.plan_problem_sentences import start_problem_words
from bot.render.quantities import count
from bot.render.refusals import refusal_words
from bot.sanitize import quoted


def error_words(error: Exception, surface: Surface) -> str:
    """One sentence a line."""
    return "\n".join(error_lines(error, surface))


def error_lines(error: Exception, surface: Surface) -> list[str]:
    """The sentences of an error. Most errors have one."""
    if isinstance(error, RefusedError):
        return [refusal_words(error.refusal)]
    if isinstance(error, HintedError):
        return [f"{error}: {hint_words(error.hint, surface)}"]
    return [str(argument) for argument in error.args]


def any_error_words(error: Exception, surface: Surface = Surface.TERMINAL) -> str:
    """As `error_words`. An error of any other type is reported as an internal error. The log counts
    as a terminal."""
    if isinstance(error, RequestError | ServiceError):
        return error_words(error, surface)
    what = f"internal error ({type(error).__name__}: {quoted(error)})"
    if surface is Surface.SLACK:
        return f"{what}: the bot's log has the details"
    return f"{what}: run with --debug for the traceback"


def any_error_sentence(error: Exception) -> ErrorText:
    """`any_error_words` in Slack as a value, with the AWS call if one failed."""
    return replace(ErrorText.of(error), text=any_error_words(error, Surface.SLACK))


def not_started_words(plan: PlanRecord, cause: StartProblem) -> str:
    return (
        f"The plan {plan.id} for {plan.repository.name} could not start "
        f"({start_problem_words(cause)}). It is proposed again, without approvals"
    )


def failure_words(failure: ReportFailure) -> str:
    """Why a job or a report failed: a clause without a full stop."""
    match failure:
        case TooManyAttempts(attempts):
            return (
                f"{count(attempts, 'attempt')} failed because the worker stopped, had an internal "
                "error or could not reach the database: see its log"
            )
        case NotDoneWithinADay(last):
            return f"it was not done within a day; last error: {last.text}"
        case ErrorText(text):
            return text
        case _:
            assert_never(failure)
