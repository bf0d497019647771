"""Text that was a sentence when it came: of an error, or of what an earlier version stored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str

    @staticmethod
    def of(error: Exception) -> "Sentence":
        """What the error says of itself."""
        return Sentence(str(error))
