"""What of a repository the rules get to see."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.core.evidence import Evidence
from bot.core.graph import Graph
from bot.core.manifest import Manifest, ManifestKind
from bot.core.patterns import Patterns
from bot.core.rules import Candidates, ImageGroup, age_key, young_since


def find_artifacts(graph: Graph, treated_like_images: Patterns) -> frozenset[str]:
    """Artifacts, and indexes of nothing else: no container runs them, so usage never shows them.

    What has a type that matches `treated_like_images` is none: the type of its config, or its own
    `artifactType`. Nor are referrers: they go where their subject goes.
    """
    artifacts: set[str] = set()
    for level in reversed(graph.levels):
        for manifest in map(graph.manifests.__getitem__, level):
            if treated_like_images.match_any(manifest.types):
                continue
            if manifest.kind is ManifestKind.ARTIFACT and manifest.type_is_known:
                artifacts.add(manifest.digest)
            elif manifest.kind is ManifestKind.INDEX:
                present = [child for child in manifest.children if child in graph.manifests]
                if (present or manifest.artifact_type) and artifacts.issuperset(present):
                    artifacts.add(manifest.digest)
    return frozenset(artifacts)


def candidates(
    graph: Graph,
    artifacts: frozenset[str],
    last_pull: Mapping[str, datetime],
    evidence: Evidence,
) -> Candidates:
    """`artifacts` as `find_artifacts` found them, `last_pull` as `last_pulls` did."""
    renewed_at = evidence.renewed_at
    last_push = _latest_in_family(graph, lambda manifest: manifest.pushed_at)
    last_restoration = _latest_in_family(graph, lambda manifest: manifest.restored_at)
    youngest = last_push
    if renewed_at or last_restoration:
        youngest = _latest_in_family(graph, lambda manifest: young_since(manifest, renewed_at))

    def family(digest: str) -> ImageGroup:
        return ImageGroup(
            head=graph.manifests[digest],
            last_push=last_push.get(digest),
            last_restoration=last_restoration.get(digest),
            young_since=youngest.get(digest),
            last_pull=last_pull.get(digest),
        )

    def age(manifest: Manifest) -> tuple[datetime, datetime]:
        return age_key(manifest, renewed_at)

    roots = [graph.manifests[digest] for digest in graph.roots]
    tagged = [
        digest for level in graph.levels[1:] for digest in level if graph.manifests[digest].tags
    ]
    judged = [m for m in roots if m.digest not in artifacts and m.pushed_at is not None]
    builds = [manifest for manifest in judged if manifest.kind is not ManifestKind.REFERRER]
    lost_referrers = [manifest for manifest in judged if manifest.kind is ManifestKind.REFERRER]
    dependents = [graph.manifests[digest] for digest in tagged if digest not in artifacts]
    return Candidates(
        families=tuple(map(family, graph.roots)),
        tagged_dependents=tuple(map(family, tagged)),
        builds=tuple(sorted(builds, key=age, reverse=True)),
        guests=tuple(m for m in (*lost_referrers, *dependents) if m.names and m.pushed_at),
        now=evidence.now,
        renewed_at=renewed_at,
    )


def last_pulls(graph: Graph) -> Mapping[str, datetime]:
    """For every manifest when somebody last pulled it, or what hangs on it."""
    return _latest_in_family(graph, lambda manifest: manifest.pulled_at)


def _latest_in_family(
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
