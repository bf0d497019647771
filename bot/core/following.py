"""Who follows whom: what hangs on a manifest shares its verdict."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bot.core.graph import Graph
from bot.core.manifest import Manifest
from bot.core.reasons import Reason, RuleName
from bot.core.words import named


def with_dependents(graph: Graph, digests: Iterable[str]) -> set[str]:
    """These, and all that hangs on them."""
    found = set(digests)
    for level in graph.levels[1:]:
        found.update(d for d in level if not found.isdisjoint(graph.parents[d]))
    return found


def nearest_parent(graph: Graph, digest: str, kept: AbstractSet[str]) -> str | None:
    """Of several a kept one first, then the lowest digest."""
    above = (parent for parent in graph.parents.get(digest, ()) if parent != digest)
    return min(above, key=lambda parent: (parent not in kept, parent), default=None)


@dataclass(frozen=True, slots=True)
class Following:
    """Siblings share their reason: half of a multi-arch repository follows."""

    graph: Graph
    _known: dict[tuple[str, str], Reason] = field(default_factory=dict, init=False)

    def reason(self, manifest: Manifest, parent: str) -> Reason:
        is_about_it = parent == manifest.subject or parent in manifest.tag_subjects
        how = "which it is about" if is_about_it else "whose index lists it"
        if (parent, how) not in self._known:
            above = named(parent, self.graph.manifests[parent].tags)
            self._known[parent, how] = Reason(RuleName.FOLLOWS, f"follows {above}, {how}")
        return self._known[parent, how]
