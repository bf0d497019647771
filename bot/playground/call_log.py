"""The calls that a stand-in answered, for tests to count and inspect."""

from collections import Counter
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class NamedCall(Protocol):
    @property
    def name(self) -> str: ...


CallT = TypeVar("CallT", bound=NamedCall)


class CallLog(Generic[CallT]):
    """Calls in the order in which they were answered."""

    def __init__(self) -> None:
        self._calls: list[CallT] = []

    def record(self, call: CallT) -> None:
        self._calls.append(call)

    def reset(self) -> None:
        self._calls.clear()

    def named(self, name: str) -> list[CallT]:
        return [call for call in self if call.name == name]

    def count(self, name: str) -> int:
        return len(self.named(name))

    def counts(self) -> Counter[str]:
        return Counter(call.name for call in self)

    def __iter__(self) -> Iterator[CallT]:
        return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)
