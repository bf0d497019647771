"""The two ways in which a call can end badly."""

from dataclasses import dataclass


@dataclass(eq=False)
class AwsError(Exception):
    """An error that the service itself answers."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class StandInBugError(Exception):
    """The stand-in was about to answer what AWS never would: its own mistake."""
