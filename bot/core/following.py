"""Who follows whom: what hangs on a manifest shares its verdict."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bot.core.graph import Graph
from bot.core.manifest import Manifest
from bot.core.reasons import PartOf


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
    _known: dict[tuple[str, bool], PartOf] = field(default_factory=dict, init=False)

    def reason(self, manifest: Manifest, parent: str) -> PartOf:
        is_referrer = parent == manifest.subject or parent in manifest.tag_subjects
        if (parent, is_referrer) not in self._known:
            above = self.graph.manifests[parent].shown_name
            self._known[parent, is_referrer] = PartOf(above, is_referrer=is_referrer)
        return self._known[parent, is_referrer]
