"""The outcome of a user action, as the user sees it."""

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
class ActionOutcome:
    """The result of a user action.

    - `operation_timeout`: the app did not acknowledge in time.
    - `dispatch_failed`: the app is not connected.
    - `not_configured`: the manifest has no interactivity or no Home tab.
    - `unknown_command`: the manifest does not have this command.
    - `confirm`: not sent yet: the `dialog` needs an answer.
    - `cancelled`: the dialog was answered with no.
    - `gone`: the element, message or channel does not exist, or the user cannot see it.
    - `refused`: Slack's client rejects the input. `errors` has the reasons by block.
    - `errors`: the app rejected the modal. `errors` has its texts by block.
    - `invalid_response`: Slack rejects the app's answer. The user sees a general error; `detail`
      has the cause.
    """

    result: Result
    detail: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    dialog: Mapping[str, Any] | None = None
    options: tuple[Any, ...] = ()
    sent: bool = False
    """Whether a payload was sent to the app."""

    @property
    def ok(self) -> bool:
        return self.result == "ok"


@dataclass(eq=False)
class ActionNotPossibleError(Exception):
    """Ends a user action with this outcome."""

    outcome: ActionOutcome


def not_found(detail: str) -> ActionNotPossibleError:
    return ActionNotPossibleError(ActionOutcome("gone", detail))


def rejected(block_id: str, reason: str) -> ActionNotPossibleError:
    return ActionNotPossibleError(ActionOutcome("refused", reason, {block_id: reason}))
