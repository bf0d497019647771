"""The savings of a deletion: bytes that only deleted manifests have, and their price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.core.manifest import Manifest
from bot.core.prices import usd_per_month


@dataclass(frozen=True, slots=True)
class SavingsTerms:
    """`layers_stay_within`: no other repository shares layers of this one, by the registry's
    settings."""

    usd_per_gb_month: float
    layers_stay_within: bool


@dataclass(frozen=True, slots=True)
class Savings:
    """The savings of a plan, in bytes and USD a month.

    `freed_bytes`: configs and layers that only deleted manifests have, each once (a repository
    stores a shared layer once, and AWS bills it once: ECR user guide). Deleted images whose layers
    are unknown count with their listed sizes, the maximum that they can free.
    `listed_bytes`: the sum of the sizes that ECR lists for the deleted manifests that are not
    indexes. `exact`: False if the layers of an image are unknown, or if other repositories may
    share layers.
    `stored_bytes`: the size of the whole repository, counted like `freed_bytes`; `in_use_bytes`:
    that of its images in use, with their parts. None if unknown.
    """

    freed_bytes: int
    listed_bytes: int
    usd_per_month: float
    exact: bool
    stored_bytes: int | None = None
    in_use_bytes: int | None = None


def find_savings(
    kept: Sequence[Manifest], deleted: Sequence[Manifest], terms: SavingsTerms
) -> Savings:
    """Leaves out the bytes of kept manifests, since stored plans do not have their layers."""
    freed = _freed(kept, deleted) + sum(map(unread_bytes, deleted))
    is_read = not any(map(has_unknown_layers, chain(kept, deleted)))
    return Savings(
        freed_bytes=freed,
        listed_bytes=sum(manifest.size_bytes for manifest in deleted if not manifest.is_index),
        usd_per_month=usd_per_month(freed, terms.usd_per_gb_month),
        exact=is_read and terms.layers_stay_within,
    )


def unread_bytes(manifest: Manifest) -> int:
    """The listed size of an image whose layers are unknown, else 0."""
    return manifest.size_bytes if has_unknown_layers(manifest) else 0


def has_unknown_layers(manifest: Manifest) -> bool:
    """Whether it is an image that could not be read, or whose format has no sizes."""
    return manifest.blobs is None and not manifest.is_index


def find_stored_bytes(manifests: Iterable[Manifest]) -> int | None:
    """Configs and layers of all manifests, each once; None if any of them could not be read."""
    sizes: dict[str, int] = {}
    for manifest in manifests:
        if has_unknown_layers(manifest):
            return None
        sizes.update(manifest.blobs or ())
    return sum(sizes.values())


def _freed(kept: Iterable[Manifest], deleted: Iterable[Manifest]) -> int:
    """Bytes of configs and layers that only `deleted` have, as far as is known."""
    sizes = {blob.digest: blob.size for manifest in deleted for blob in manifest.blobs or ()}
    for manifest in kept:
        for blob in manifest.blobs or ():
            sizes.pop(blob.digest, None)
    return sum(sizes.values())
