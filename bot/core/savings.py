"""What a deletion truly saves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    inside a repository are stored and billed once: ECR user guide). `listed_bytes`: the sum of
    the sizes that ECR lists for the deleted manifests that are not indexes. `exact` is False
    where a manifest could not be read, or layers may be shared with other repositories.
    `stored_bytes`: what the whole repository holds now, counted like `freed_bytes`; None where that
    cannot be told.
    """

    freed_bytes: int
    listed_bytes: int
    usd_per_month: float
    exact: bool
    stored_bytes: int | None = None


def find_savings(kept: Iterable[Manifest], deleted: Sequence[Manifest], prices: Prices) -> Savings:
    """All but `stored_bytes`: a plan that was stored knows no layers that kept manifests hold."""
    listed = sum(manifest.size_bytes for manifest in deleted if not manifest.is_index)
    if any(manifest.blobs is None for manifest in deleted):
        freed, kept_are_read = listed, False
    else:
        freed, kept_are_read = _freed(kept, deleted)
    return Savings(
        freed_bytes=freed,
        listed_bytes=listed,
        usd_per_month=usd_per_month(freed, prices.usd_per_gb_month),
        exact=kept_are_read and prices.layers_stay_within,
    )


def usd_per_month(freed_bytes: int, usd_per_gb_month: float) -> float:
    return freed_bytes / BYTES_PER_GB * usd_per_gb_month


def find_stored_bytes(manifests: Iterable[Manifest]) -> int | None:
    """Configs and layers of all of them, each once; None where some could not be read."""
    sizes: dict[str, int] = {}
    for manifest in manifests:
        if manifest.blobs is None and not manifest.is_index:
            return None
        sizes.update(manifest.blobs or ())
    return sum(sizes.values())


def _freed(kept: Iterable[Manifest], deleted: Iterable[Manifest]) -> tuple[int, bool]:
    """Bytes that only `deleted` hold, and whether all that is kept could be compared."""
    sizes = {blob.digest: blob.size for manifest in deleted for blob in manifest.blobs or ()}
    all_read = True
    for manifest in kept:
        all_read = all_read and (manifest.is_index or manifest.blobs is not None)
        for blob in manifest.blobs or ():
            sizes.pop(blob.digest, None)
    return sum(sizes.values()), all_read
