"""What is wrong with a payload, in Slack's words, and where."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """`pointer` is a JSON pointer into the arguments of the call, like `/blocks/0/text`."""

    text: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.text} [json-pointer:{self.pointer}]"


class Report:
    """Collects problems in the order in which they are met."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def blame(self, pointer: str, text: str) -> None:
        self.problems.append(Problem(text, pointer))


Rule = Callable[[Any, str, Report], None]
"""Looks at a value that stands at a pointer, and reports what is wrong with it."""
