"""What a person got to see of what they did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Result = Literal[
    "ok",
    "operation_timeout",
    "dispatch_failed",
    "not_configured",
    "unknown_command",
    "confirm",
    "cancelled",
    "gone",
    "refused",
    "errors",
    "invalid_response",
]


@dataclass(frozen=True)
class Outcome:
    """How an act ended.

    - `operation_timeout`: the app did not acknowledge in time; `dispatch_failed`: it is not
      connected.
    - `not_configured`: the manifest has no interactivity; `unknown_command`: nor this command.
    - `confirm`: nothing was sent yet, since the `dialog` has to be answered first; `cancelled`:
      it was answered with no.
    - `gone`: what should be used is not there, or this person does not see it.
    - `refused`: the client itself does not send this; `errors` say why, by block.
    - `errors`: the app sent a modal back with these, by block.
    - `invalid_response`: the app answered what Slack does not take; the person sees no more than
      that something went wrong, and `detail` tells what.
    """

    result: Result
    detail: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    dialog: Mapping[str, Any] | None = None
    options: tuple[Any, ...] = ()
    sent: bool = False
    """Whether something went to the app."""


@dataclass(eq=False)
class NotPossibleError(Exception):
    """Ends an act before anything is sent."""

    outcome: Outcome


def gone(detail: str) -> NotPossibleError:
    return NotPossibleError(Outcome("gone", detail))


def refused(block_id: str, why: str) -> NotPossibleError:
    return NotPossibleError(Outcome("refused", why, {block_id: why}))
