"""Text that was a sentence when it came: of an error, or of what an earlier version stored."""

from dataclasses import dataclass

from bot.core.errors import FailedCall, ServiceError


@dataclass(frozen=True, slots=True)
class Sentence:
    """`call`: the call of AWS that the sentence is about, None if it is about none, or if an
    earlier version stored the sentence."""

    text: str
    call: FailedCall | None = None

    @staticmethod
    def of(error: Exception) -> "Sentence":
        """What the error says of itself, and its call."""
        return Sentence(str(error), error.call if isinstance(error, ServiceError) else None)

    @property
    def kind(self) -> object:
        """Equal for sentences about the same call with the same code, and for equal sentences."""
        return self.call or self
