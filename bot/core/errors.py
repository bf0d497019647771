"""Errors for people: one sentence that says what failed, where, and what to do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.refusal_reasons import Refusal


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call of AWS. `action` as IAM knows it: `ecr:DescribeImages`. `code`: the error code that
    AWS gave, empty if it gave none."""

    action: str
    code: str = ""


class ServiceError(Exception):
    """AWS, Slack or the database failed, or answered what cannot be used. `call`: the call of AWS
    that failed, None if it was none."""

    def __init__(self, text: str, call: FailedCall | None = None) -> None:
        super().__init__(text)
        self.call = call


class RequestError(Exception):
    """The call or the settings are wrong; nothing was done. Each argument is a sentence."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class RefusedError(RequestError):
    """A person may not do it, or not now. `refusal` is worded where it is shown."""

    def __init__(self, refusal: "Refusal") -> None:
        super().__init__(refusal)
        self.refusal = refusal


class ReplacedError(RequestError):
    """A newer version of the plan replaced this one before anybody approved it."""


class DamagedError(ServiceError):
    """What is stored is not what was stored, or cannot be read any more."""


class ThrottledError(ServiceError):
    """AWS took nothing of the call: the same may be asked again later."""


class AnswerLostError(ServiceError):
    """Nobody knows whether the call took effect."""


class ExpiredCredentialsError(ServiceError):
    """AWS took nothing of the call: the same may be asked with new credentials."""


class DeniedByOrganizationError(ServiceError):
    """A service control policy of the organization denies the call, whatever is granted."""


class NotSentError(ServiceError):
    """The call was held back at the last moment, and never left."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """`call`: the call of AWS that the sentence is about, None if it is about none, or if an
    earlier version stored the sentence."""

    text: str
    call: FailedCall | None = None

    @staticmethod
    def of(error: Exception) -> "ErrorText":
        """What the error says of itself, and its call."""
        return ErrorText(str(error), error.call if isinstance(error, ServiceError) else None)

    @property
    def kind(self) -> object:
        """Equal for sentences about the same call with the same code, and for equal sentences."""
        return self.call or self
