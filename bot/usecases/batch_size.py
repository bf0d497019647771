"""How many manifests one call reads, so that memory is bounded by bytes, not by their number."""

from collections.abc import Sequence
from itertools import islice
from typing import Protocol, TypeVar

FIRST = 8
"""Manifests that the first call asks for, while their lengths are unknown: ECR stores manifests of
up to 4 MiB (Amazon ECR service quotas)."""

CALL_BYTES = 4 * 2**20
"""Of manifests that one call is expected to answer. Parsing an answer takes three to four times as
much memory, and several calls run at once."""


class Typed(Protocol):
    @property
    def digest(self) -> str: ...

    @property
    def config_type(self) -> str | None: ...


Entry = TypeVar("Entry", bound=Typed)


class BatchSize:
    """Follows the average lengths in the answers: at once where they grow, by halves where they
    shrink, since large manifests come in groups."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._average: float | None = None

    @property
    def is_guess(self) -> bool:
        """Until the first answer."""
        return self._average is None

    def learn(self, manifests: int, text_bytes: int) -> None:
        """From the answer to a call for so many. One without any text says nothing."""
        if text_bytes:
            known = self._average or 0.0
            self._average = max(text_bytes / manifests, known / 2)

    def next(self) -> int:
        if self._average is None:
            return min(self._most, FIRST)
        return max(1, min(self._most, int(CALL_BYTES / max(self._average, 1.0))))


def sample(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """What to read first, one of each type as far as possible, and the others in their order."""
    by_type = {entry.config_type: entry for entry in reversed(entries)}
    first = {entry.digest: entry for entry in islice(by_type.values(), FIRST)}
    for entry in entries[:FIRST]:
        if len(first) < FIRST:
            first[entry.digest] = entry
    return [*first.values()], [entry for entry in entries if entry.digest not in first]
