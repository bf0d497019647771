"""The two ways in which a call can end badly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(eq=False)
class AwsError(Exception):
    """An error that the service itself answers."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def find(items: Mapping[str, Item], name: str, missing: AwsError) -> Item:
    """What has this name; raises the error if nothing has."""
    if name not in items:
        raise missing
    return items[name]


class StandInBugError(Exception):
    """The stand-in was about to answer what AWS never would: its own mistake."""
