"""The graph of a repository's manifests: indexes and their children, subjects and referrers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bot.core.manifest import Manifest
from bot.core.verdict_reasons import InheritedVerdict

Edges = Mapping[str, tuple[str, ...]]
Relations = defaultdict[str, list[str]]


@dataclass(frozen=True, slots=True)
class ManifestGraph:
    """A repository's manifests and the relations between them, by digest.

    A digest without parents or dependents has no entry in them: use `get(digest, ())`.
    """

    manifests: Mapping[str, Manifest]
    parents: Edges
    """The indexes that list a manifest, and its subjects, lowest digest first."""
    dependents: Edges
    """The children and referrers of a manifest, lowest digest first."""
    levels: tuple[tuple[str, ...], ...]
    """First the roots, then their parts. A manifest comes after all of its parents."""
    in_circles: tuple[str, ...]
    """Manifests that refer to each other in a circle, and their parts. They belong to no root. Only
    a damaged answer or a misused referrer tag makes a circle, since no text has its own digest."""

    @property
    def roots(self) -> tuple[str, ...]:
        return self.levels[0] if self.levels else ()


def build_graph(manifests: Iterable[Manifest]) -> ManifestGraph:
    """`manifests` in any order, each digest once. Linear in manifests and relations."""
    by_digest = {m.digest: m for m in sorted(manifests, key=lambda m: m.digest)}
    parents: Relations = defaultdict(list)
    for manifest in by_digest.values():
        for child in manifest.children:
            _add_parent(child, manifest.digest, parents, by_digest)
        for subject in filter(None, (manifest.subject, *manifest.tag_subjects)):
            _add_parent(manifest.digest, subject, parents, by_digest)
    upwards = _sorted(parents)
    downwards = _sorted(_reversed(upwards))
    return ManifestGraph(by_digest, upwards, downwards, *_levels(by_digest, upwards, downwards))


def _add_parent(
    digest: str, parent: str, parents: Relations, present: Mapping[str, Manifest]
) -> None:
    if digest in present and parent in present:
        parents[digest].append(parent)


def _reversed(edges: Edges) -> Relations:
    turned: Relations = defaultdict(list)
    for start, ends in edges.items():
        for end in ends:
            turned[end].append(start)
    return turned


def _levels(
    manifests: Mapping[str, Manifest], parents: Edges, dependents: Edges
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    waiting_for = {digest: len(above) for digest, above in parents.items()}
    level = [digest for digest in manifests if digest not in waiting_for]
    levels: list[tuple[str, ...]] = []
    while level:
        levels.append(tuple(level))
        below: list[str] = []
        for digest in level:
            for dependent in dependents.get(digest, ()):
                waiting_for[dependent] -= 1
                if not waiting_for[dependent]:
                    below.append(dependent)
        level = sorted(below)
    return tuple(levels), tuple(sorted(d for d, count in waiting_for.items() if count))


def _sorted(relations: Relations) -> Edges:
    return {digest: tuple(sorted(set(ends))) for digest, ends in relations.items()}


def with_dependents(graph: ManifestGraph, digests: Iterable[str]) -> set[str]:
    """These manifests and their parts."""
    found = set(digests)
    for level in graph.levels[1:]:
        found.update(d for d in level if not found.isdisjoint(graph.parents[d]))
    return found


def with_parents(graph: ManifestGraph, digests: Iterable[str]) -> set[str]:
    """These manifests and all those that they are parts of."""
    return _reachable(graph.parents, digests)


def nearest_parent(graph: ManifestGraph, digest: str, kept: AbstractSet[str]) -> str | None:
    """The kept parent, if there is one, then the one with the lowest digest."""
    above = (parent for parent in graph.parents.get(digest, ()) if parent != digest)
    return min(above, key=lambda parent: (parent not in kept, parent), default=None)


@dataclass(frozen=True, slots=True)
class PartReasons:
    """Makes the reasons of parts. Parts of one parent share a value, since there are many of
    them."""

    graph: ManifestGraph
    _known: dict[tuple[str, bool], InheritedVerdict] = field(default_factory=dict, init=False)

    def reason(self, manifest: Manifest, parent: str) -> InheritedVerdict:
        is_referrer = parent == manifest.subject or parent in manifest.tag_subjects
        if (parent, is_referrer) not in self._known:
            above = self.graph.manifests[parent].shown_name
            self._known[parent, is_referrer] = InheritedVerdict(above, is_referrer=is_referrer)
        return self._known[parent, is_referrer]


def roots_of(graph: ManifestGraph, digests: Iterable[str]) -> set[str]:
    """The roots of these manifests. Manifests that refer to each other in a circle, and belong to
    no root, are their own roots."""
    above = with_parents(graph, digests)
    return {each for each in above if not graph.parents.get(each)} or above


def image_group_of(graph: ManifestGraph, digest: str) -> tuple[str, ...]:
    """The roots of a manifest and all of their parts, lowest digest first."""
    return tuple(sorted(_reachable(graph.dependents, roots_of(graph, [digest]))))


def _reachable(edges: Edges, start: Iterable[str]) -> set[str]:
    """Includes `start`. Edges may form circles."""
    found = set(start)
    waiting = list(found)
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
