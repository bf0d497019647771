"""Errors: those that AWS answers, and bugs of the stand-in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(eq=False)
class AwsError(Exception):
    """An error answer of the service."""

    code: str
    message: str
    status: int = 400

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def find(items: Mapping[str, Item], name: str, missing: AwsError) -> Item:
    """The item with this name; raises `missing` if there is none."""
    if name not in items:
        raise missing
    return items[name]


class StandInBugError(Exception):
    """An answer of the stand-in that AWS would never give."""
