"""What was called, so that tests can count and look."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request and how it ended.

    `status` is what the client got to see: an HTTP status, or None if the connection was cut.
    """

    service: str
    operation: str
    account: str | None
    region: str
    principal: str | None
    params: Mapping[str, Any]
    at: datetime
    status: int | None
    error: str | None = None

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


class Calls:
    def __init__(self) -> None:
        self._calls: list[Call] = []

    def record(self, call: Call) -> None:
        self._calls.append(call)

    def reset(self) -> None:
        self._calls.clear()

    def named(self, name: str) -> list[Call]:
        """The calls of one operation, named like `ecr:DescribeImages`, in order."""
        return [call for call in self if call.name == name]

    def count(self, name: str) -> int:
        return len(self.named(name))

    def counts(self) -> Counter[str]:
        return Counter(call.name for call in self)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)
