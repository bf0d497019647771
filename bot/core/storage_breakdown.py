"""What takes the storage of a repository: kinds of images, and the largest layers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from heapq import nlargest

from bot.core.judge import find_artifacts
from bot.core.manifest import ImageStatus, Manifest, ManifestKind, ManifestName
from bot.core.manifest_graph import ManifestGraph, build_graph, roots_of
from bot.core.patterns import Patterns
from bot.core.plan import Plan, digests_in_use
from bot.core.savings import has_unknown_layers

LARGEST = 10
"""How many of the largest layers count."""

EXAMPLES = 3
"""How many images that have a layer are named."""

SNAPSHOT_TAGS = Patterns.of("*SNAPSHOT*")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class StorageKind(StrEnum):
    """What a manifest is part of. A part has the kind of its root: the first of this list, if it
    has several.

    MULTI_ARCH: a tagged index. SNAPSHOT: at least one tag matches `*SNAPSHOT*`, index or not.
    IMAGE: another tagged image. UNTAGGED: neither tagged nor part of another manifest. ARTIFACT: no
    container runs it, such as a Helm chart. REFERRER: it refers to a subject, such as a signature.
    """

    MULTI_ARCH = "multi_arch"
    SNAPSHOT = "snapshot"
    IMAGE = "image"
    UNTAGGED = "untagged"
    ARTIFACT = "artifact"
    REFERRER = "referrer"
    ARCHIVED = "archived"


_ORDER = tuple(StorageKind)


@dataclass(frozen=True, slots=True)
class KindStorage:
    """`images`: roots that are images or indexes. `manifests`: all, with parts. `stored_bytes`:
    blobs that no other kind has, each once; None if the layers of a manifest are unknown."""

    kind: StorageKind
    images: int
    manifests: int
    stored_bytes: int | None


class LayerState(StrEnum):
    """FREEABLE: the plan deletes all images that have the layer."""

    IN_USE = "in_use"
    KEPT = "kept"
    FREEABLE = "freeable"


@dataclass(frozen=True, slots=True)
class LargeLayer:
    """A layer, as far as layers are known. `images`: how many roots have it, themselves or in their
    parts. `examples`: some of these, last pushed first."""

    digest: str
    size_bytes: int
    manifests: int
    images: int
    state: LayerState
    examples: tuple[ManifestName, ...]


@dataclass(frozen=True, slots=True)
class StorageBreakdown:
    """`kinds`: those that the repository has, in the order of `StorageKind`. `shared_bytes`: blobs
    that several kinds have. If no size is unknown, these add up to the stored bytes.
    `largest_layers`: largest first."""

    kinds: Sequence[KindStorage]
    shared_bytes: int
    largest_layers: Sequence[LargeLayer]


def break_down(plan: Plan) -> StorageBreakdown:
    """`plan`: a new one, since a stored one does not have all layers. Linear in manifests."""
    graph = build_graph(judged.manifest for judged in plan.judged)
    kinds = _kinds(graph)
    own, shared = _bytes_by_kind(graph, kinds)
    return StorageBreakdown(
        list(_kind_storage(graph, kinds, own)), shared, list(_largest_layers(graph, plan))
    )


def _kinds(graph: ManifestGraph) -> Mapping[str, StorageKind]:
    """By digest."""
    artifacts = find_artifacts(graph, Patterns())
    kinds = {
        digest: _kind_of_root(graph.manifests[digest], artifacts)
        for digest in (*graph.roots, *graph.in_circles)
    }
    for level in graph.levels[1:]:
        for digest in level:
            above = [kinds[parent] for parent in graph.parents[digest]]
            kinds[digest] = _kind_of_part(graph.manifests[digest], above, artifacts)
    return kinds


def _kind_of_root(manifest: Manifest, artifacts: AbstractSet[str]) -> StorageKind:
    if manifest.status != ImageStatus.ACTIVE:
        return StorageKind.ARCHIVED
    if manifest.kind is ManifestKind.REFERRER:
        return StorageKind.REFERRER
    if manifest.digest in artifacts:
        return StorageKind.ARTIFACT
    if not manifest.tags:
        return StorageKind.UNTAGGED
    if SNAPSHOT_TAGS.match_any(manifest.tags):
        return StorageKind.SNAPSHOT
    return StorageKind.MULTI_ARCH if manifest.is_index else StorageKind.IMAGE


def _kind_of_part(
    manifest: Manifest, above: Iterable[StorageKind], artifacts: AbstractSet[str]
) -> StorageKind:
    own = _kind_of_root(manifest, artifacts)
    if own in (StorageKind.ARCHIVED, StorageKind.REFERRER):
        return own
    return min((*above, own) if manifest.tags else above, key=_ORDER.index)


def _bytes_by_kind(
    graph: ManifestGraph, kinds: Mapping[str, StorageKind]
) -> tuple[Mapping[StorageKind, int], int]:
    """Bytes of blobs that only one kind has, and of the others."""
    sizes: dict[str, int] = {}
    holders: dict[str, StorageKind | None] = {}
    for digest, manifest in graph.manifests.items():
        for blob in manifest.blobs or ():
            sizes[blob.digest] = blob.size
            kind = kinds[digest]
            if holders.setdefault(blob.digest, kind) is not kind:
                holders[blob.digest] = None
    sums: defaultdict[StorageKind | None, int] = defaultdict(int)
    for blob_digest, holder in holders.items():
        sums[holder] += sizes[blob_digest]
    shared = sums.pop(None, 0)
    return {kind: size for kind, size in sums.items() if kind}, shared


def _kind_storage(
    graph: ManifestGraph, kinds: Mapping[str, StorageKind], own_bytes: Mapping[StorageKind, int]
) -> Iterator[KindStorage]:
    manifests = Counter(kinds.values())
    images = Counter(kinds[each] for each in graph.roots if _is_image(graph.manifests[each]))
    unknown = {kinds[each.digest] for each in graph.manifests.values() if has_unknown_layers(each)}
    for kind in StorageKind:
        if manifests[kind]:
            size = None if kind in unknown else own_bytes.get(kind, 0)
            yield KindStorage(kind, images[kind], manifests[kind], size)


def _is_image(manifest: Manifest) -> bool:
    return manifest.kind in (ManifestKind.IMAGE, ManifestKind.INDEX)


def _largest_layers(graph: ManifestGraph, plan: Plan) -> Iterator[LargeLayer]:
    sizes = {blob.digest: blob.size for m in graph.manifests.values() for blob in m.blobs or ()}
    largest = nlargest(LARGEST, sizes, key=lambda digest: (sizes[digest], digest))
    holders: dict[str, set[str]] = {digest: set() for digest in largest}
    for digest, manifest in graph.manifests.items():
        for blob in manifest.blobs or ():
            if blob.digest in holders:
                holders[blob.digest].add(digest)
    deleted, in_use = frozenset(plan.delete), digests_in_use(graph, plan.judged)
    for layer in largest:
        having = holders[layer]
        roots = roots_of(graph, having)
        yield LargeLayer(
            digest=layer,
            size_bytes=sizes[layer],
            manifests=len(having),
            images=len(roots),
            state=_state(having, deleted, in_use),
            examples=_examples(map(graph.manifests.__getitem__, roots)),
        )


def _state(
    holders: AbstractSet[str], deleted: AbstractSet[str], in_use: AbstractSet[str]
) -> LayerState:
    if holders <= deleted:
        return LayerState.FREEABLE
    return LayerState.KEPT if holders.isdisjoint(in_use) else LayerState.IN_USE


def _examples(images: Iterable[Manifest]) -> tuple[ManifestName, ...]:
    newest = nlargest(EXAMPLES, images, key=lambda each: (each.pushed_at or _LONG_AGO, each.digest))
    return tuple(each.shown_name for each in newest)
