"""Errors for users. The text says what failed, where, and the fix."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.hints import Hint
    from bot.core.refusal_reasons import Refusal


@dataclass(frozen=True, slots=True)
class FailedAwsCall:
    """A call to AWS that failed. `action`: as in IAM, such as `ecr:DescribeImages`. `code`: the
    error code of AWS; empty if there was none."""

    action: str
    code: str = ""


class ServiceError(Exception):
    """AWS, Slack, Kubernetes or the database failed, or gave an unusable answer. `call`: the call
    to AWS that failed, if it was one."""

    def __init__(self, text: str, call: FailedAwsCall | None = None) -> None:
        super().__init__(text)
        self.call = call


class RequestError(Exception):
    """The request or the settings are wrong. Nothing was done. Each argument is a sentence."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class PatternError(ValueError):
    """A pattern of the settings or of a pin is invalid, or can match nothing."""


class HintedError(RequestError):
    """A wrong request, and what the person can do. `text`: without the hint, which names another
    command in Slack than in a terminal: `bot/render` has its words."""

    def __init__(self, text: str, hint: "Hint") -> None:
        super().__init__(text)
        self.hint = hint


class RefusedError(RequestError):
    """The person has no permission, or the plan does not allow the request now. `bot/render` has
    the sentence of `refusal`."""

    def __init__(self, refusal: "Refusal") -> None:
        super().__init__(refusal)
        self.refusal = refusal


class PlanReplacedError(RequestError):
    """A newer version of the plan replaced this one before it was approved."""


class DamagedDataError(ServiceError):
    """Stored data was changed, or cannot be read."""


class ThrottledError(ServiceError):
    """AWS throttled the call. Nothing was done; the call can be repeated later."""


class AnswerLostError(ServiceError):
    """The answer was lost. It is unknown whether the call took effect."""


class ExpiredCredentialsError(ServiceError):
    """The credentials expired. Nothing was done; the call can be repeated with new credentials."""


class DeniedByOrganizationError(ServiceError):
    """A service control policy of the organization denies the call."""


class CallNotSentError(ServiceError):
    """The call was canceled before it was sent."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The text of an error, or a sentence that an earlier version stored. `call`: the call to AWS
    that failed, if known."""

    text: str
    call: FailedAwsCall | None = None

    @staticmethod
    def of(error: Exception) -> "ErrorText":
        """The text and the call of the error."""
        return ErrorText(str(error), error.call if isinstance(error, ServiceError) else None)

    @property
    def kind(self) -> object:
        """Equal for errors of the same call with the same code, and for equal texts."""
        return self.call or self
