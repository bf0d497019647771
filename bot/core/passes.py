"""In which order what is to be deleted goes, and when it is better to end."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from bot.core.graph import Graph

Item = TypeVar("Item")

FEW_FAILURES = 10
SHARE = 5
"""One of so many."""


def next_pass(order: Sequence[str], pending: AbstractSet[str], graph: Graph) -> list[str]:
    """What may go now: an index goes before its children, a subject before its referrers, and
    whatever hangs on something waits until ECR has confirmed that this is gone."""
    return [
        digest
        for digest in order
        if digest in pending and pending.isdisjoint(graph.parents.get(digest, ()))
    ]


def in_batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def piles_up(failed: int, tried: int) -> bool:
    """Whether so much of what was tried failed that somebody should look first: ten, and a fifth of
    all."""
    return failed >= FEW_FAILURES and failed * SHARE >= tried
