"""Why a job is given up, or a report is missing: values with fields.

`bot/render/errors.py` words them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.sentence import Sentence


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """In each of the `attempts` the worker process ended, met a bug, or had no database."""

    attempts: int

    @property
    def kind(self) -> object:
        return self


@dataclass(frozen=True, slots=True)
class NotDoneInADay:
    """`last`: the error of the last attempt."""

    last: Sentence

    @property
    def kind(self) -> object:
        return NotDoneInADay, self.last.kind


JobFailure: TypeAlias = TooManyAttempts | NotDoneInADay

ReportFailure: TypeAlias = JobFailure | Sentence
"""Why a scheduled report has no plan or no message. Its `kind` is equal for failures of the same
kind."""
