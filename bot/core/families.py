"""What of a repository the rules get to see."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.core.graph import Graph
from bot.core.manifest import Kind, Manifest
from bot.core.patterns import Patterns
from bot.core.rules import Candidates, Family


def find_artifacts(graph: Graph, treated_like_images: Patterns) -> frozenset[str]:
    """Artifacts, and indexes of nothing else: no container runs them, so usage never shows them.

    Referrers are none: they go where their subject goes.
    """
    artifacts: set[str] = set()
    for level in reversed(graph.levels):
        for manifest in map(graph.manifests.__getitem__, level):
            if manifest.kind is Kind.ARTIFACT:
                if not treated_like_images.match(manifest.config_type or ""):
                    artifacts.add(manifest.digest)
            elif manifest.kind is Kind.INDEX:
                present = [child for child in manifest.children if child in graph.manifests]
                if present and artifacts.issuperset(present):
                    artifacts.add(manifest.digest)
    return frozenset(artifacts)


def candidates(graph: Graph, artifacts: frozenset[str], now: datetime) -> Candidates:
    """`artifacts` as `find_artifacts` found them."""
    roots = [graph.manifests[digest] for digest in graph.roots]
    dependents = [graph.manifests[d] for level in graph.levels[1:] for d in level]
    tagged = tuple(manifest for manifest in dependents if manifest.names)

    def is_build(manifest: Manifest) -> bool:
        return (
            manifest.kind is not Kind.REFERRER
            and manifest.digest not in artifacts
            and manifest.pushed_at is not None
        )

    youngest = latest_in_family(graph, lambda manifest: manifest.pushed_at)
    last_pull = latest_in_family(graph, lambda manifest: manifest.pulled_at)
    by_age = sorted(filter(is_build, roots), key=_pushed, reverse=True)
    return Candidates(
        families=tuple(
            Family(root, youngest.get(root.digest), last_pull.get(root.digest)) for root in roots
        ),
        builds=tuple(by_age),
        tagged_dependents=tagged,
        tagged_builds=tuple(filter(is_build, tagged)),
        now=now,
    )


def _pushed(manifest: Manifest) -> datetime:
    assert manifest.pushed_at is not None
    return manifest.pushed_at


def latest_in_family(
    graph: Graph, time_of: Callable[[Manifest], datetime | None]
) -> Mapping[str, datetime]:
    """For every manifest the latest time of itself and of all that hangs on it."""
    latest = {d: at for d, m in graph.manifests.items() if (at := time_of(m)) is not None}
    for level in reversed(graph.levels[1:]):
        for digest in level:
            if (at := latest.get(digest)) is not None:
                for parent in graph.parents[digest]:
                    if parent not in latest or latest[parent] < at:
                        latest[parent] = at
    return latest
