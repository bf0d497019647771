"""What shares the fate of a manifest."""

from collections.abc import Iterable

from bot.core.graph import Edges, Graph


def family_of(graph: Graph, digest: str) -> tuple[str, ...]:
    """The roots that a manifest hangs on, and all that hangs on these; lowest digest first."""
    above = _reachable(graph.parents, [digest])
    roots = [each for each in above if not graph.parents.get(each)]
    return tuple(sorted(_reachable(graph.dependents, roots or above)))


def _reachable(edges: Edges, start: Iterable[str]) -> set[str]:
    """With the start itself. Circles do no harm."""
    found = set(start)
    waiting = list(found)
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
