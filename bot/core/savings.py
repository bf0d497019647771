"""What a deletion truly saves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.core.manifest import Manifest

BYTES_PER_GB = 2**30


@dataclass(frozen=True, slots=True)
class Prices:
    """`layers_stay_within`: it is known that no other repository mounts this one's layers."""

    usd_per_gb_month: float
    layers_stay_within: bool


@dataclass(frozen=True, slots=True)
class Savings:
    """Bytes, and USD a month.

    `freed_bytes`: configs and layers that only deleted manifests hold, each once (layers shared
    inside a repository are stored and billed once: ECR user guide). Deleted images whose layers
    are unknown count with their listed sizes, which is the most that they can free.
    `listed_bytes`: the sum of the sizes that ECR lists for the deleted manifests that are not
    indexes. `exact` is False where the layers of an image are unknown, or layers may be shared
    with other repositories.
    `stored_bytes`: what the whole repository holds now, counted like `freed_bytes`; None where that
    cannot be told.
    """

    freed_bytes: int
    listed_bytes: int
    usd_per_month: float
    exact: bool
    stored_bytes: int | None = None


def find_savings(kept: Sequence[Manifest], deleted: Sequence[Manifest], prices: Prices) -> Savings:
    """All but `stored_bytes`: a plan that was stored knows no layers that kept manifests hold."""
    freed = _freed(kept, deleted) + sum(map(unread_bytes, deleted))
    is_read = not any(map(has_unknown_layers, chain(kept, deleted)))
    return Savings(
        freed_bytes=freed,
        listed_bytes=sum(manifest.size_bytes for manifest in deleted if not manifest.is_index),
        usd_per_month=usd_per_month(freed, prices.usd_per_gb_month),
        exact=is_read and prices.layers_stay_within,
    )


def unread_bytes(manifest: Manifest) -> int:
    """The listed size of an image whose layers are unknown, else 0."""
    return manifest.size_bytes if has_unknown_layers(manifest) else 0


def has_unknown_layers(manifest: Manifest) -> bool:
    """Whether it is an image that could not be read, or whose format tells no sizes."""
    return manifest.blobs is None and not manifest.is_index


def usd_per_month(freed_bytes: int, usd_per_gb_month: float) -> float:
    return freed_bytes / BYTES_PER_GB * usd_per_gb_month


def find_stored_bytes(manifests: Iterable[Manifest]) -> int | None:
    """Configs and layers of all of them, each once; None where some could not be read."""
    sizes: dict[str, int] = {}
    for manifest in manifests:
        if has_unknown_layers(manifest):
            return None
        sizes.update(manifest.blobs or ())
    return sum(sizes.values())


def _freed(kept: Iterable[Manifest], deleted: Iterable[Manifest]) -> int:
    """Bytes of configs and layers that only `deleted` are known to hold."""
    sizes = {blob.digest: blob.size for manifest in deleted for blob in manifest.blobs or ()}
    for manifest in kept:
        for blob in manifest.blobs or ():
            sizes.pop(blob.digest, None)
    return sum(sizes.values())
