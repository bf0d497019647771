"""Exit statuses, and the output of errors."""

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from bot.cli.terminal import note, note_traceback
from bot.core.errors import RequestError, ServiceError

if TYPE_CHECKING:
    from bot.core.plan_problems import PlanProblem


class ExitStatus(IntEnum):
    DONE = 0
    FAILED = 1
    REFUSED = 2
    INCOMPLETE = 3


INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""

_BY_WEIGHT = (ExitStatus.REFUSED, ExitStatus.FAILED, ExitStatus.INCOMPLETE, ExitStatus.DONE)


@dataclass(slots=True)
class ExitStatusCollector:
    """The exit status of a command on several repositories. The worst one counts."""

    debug: bool
    statuses: set[ExitStatus] = field(default_factory=set)
    reported: set["PlanProblem"] = field(default_factory=set)

    def failed(self, error: RequestError | ServiceError) -> None:
        print_error(error, debug=self.debug)
        self.statuses.add(status_of(error))

    def incomplete(self, name: str, problems: Iterable["PlanProblem"]) -> None:
        """Prints each problem once, since an unreadable source concerns every repository."""
        from bot.render.hints import Surface  # noqa: PLC0415 - as in print_error
        from bot.render.plan_problem_sentences import (  # noqa: PLC0415 - as in print_error
            plan_problem_words,
        )

        self.statuses.add(ExitStatus.INCOMPLETE)
        for problem in problems:
            if problem not in self.reported:
                self.reported.add(problem)
                words = plan_problem_words(problem, Surface.TERMINAL)
                note(f"the plan of {name} is incomplete: {words}")

    @property
    def status(self) -> ExitStatus:
        return next((s for s in _BY_WEIGHT if s in self.statuses), ExitStatus.DONE)


def status_of(error: Exception) -> ExitStatus:
    return ExitStatus.REFUSED if isinstance(error, RequestError) else ExitStatus.FAILED


def print_error(error: Exception, *, debug: bool) -> None:
    """Prints the error's sentence on standard error, with the traceback if `debug`."""
    from bot.render.errors import error_lines  # noqa: PLC0415 - commands without errors start faster
    from bot.render.hints import Surface  # noqa: PLC0415 - as above

    note(*error_lines(error, Surface.TERMINAL))
    if debug:
        note_traceback("".join(traceback.format_exception(error)))
