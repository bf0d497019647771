"""Problems in blocks, with Slack's texts and the JSON pointers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BlockProblem:
    """`pointer` is a JSON pointer into the arguments of the call, like `/blocks/0/text`."""

    text: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.text} [json-pointer:{self.pointer}]"


class BlockProblems:
    """Collects problems in the order of the checks."""

    def __init__(self) -> None:
        self.all: list[BlockProblem] = []

    def add(self, pointer: str, text: str) -> None:
        self.all.append(BlockProblem(text, pointer))


BlockRule = Callable[[Any, str, BlockProblems], None]
"""Checks a value at a JSON pointer, and adds its problems."""
