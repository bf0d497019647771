"""When tags came to images that were there before. ECR tells only when an image was pushed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from bot.core.manifest import Manifest
from bot.core.records import Binding, TagScan

CLOCKS_DIFFER = timedelta(hours=1)
"""At most, unless one of them is wrong."""


def scan_tags(last: TagScan | None, manifests: Iterable[Manifest], now: datetime) -> TagScan:
    """What is known of the tags now. The first scan knows of no change, nor does one after a scan
    by a clock that was ahead."""
    present = sorted(manifests, key=lambda manifest: manifest.digest)
    if last is None or last.at > now + CLOCKS_DIFFER:
        first = {tag: Binding(m.digest, None) for m in present for tag in m.tags}
        return TagScan(now, first, lost={})
    return TagScan(
        at=now,
        bindings={tag: _binding(last, tag, m, now) for m in present for tag in m.tags},
        lost=dict(_lost(last, present, now)),
    )


def renewed_at(scan: TagScan) -> Mapping[str, datetime]:
    """By digest when a tag last came to an image, or when it lost its last one."""
    latest = dict(scan.lost)
    for binding in scan.bindings.values():
        if binding.since is not None:
            known = latest.get(binding.digest, binding.since)
            latest[binding.digest] = max(known, binding.since)
    return latest


def _binding(last: TagScan, tag: str, manifest: Manifest, now: datetime) -> Binding:
    known = last.bindings.get(tag)
    if known is not None and known.digest == manifest.digest:
        return known
    came_with_the_push = manifest.pushed_at is not None and manifest.pushed_at > last.at
    return Binding(manifest.digest, None if came_with_the_push else now)


def _lost(
    last: TagScan, present: Iterable[Manifest], now: datetime
) -> Iterator[tuple[str, datetime]]:
    had_tags = {binding.digest for binding in last.bindings.values()}
    for digest in (manifest.digest for manifest in present if not manifest.tags):
        if digest in had_tags:
            yield digest, now
        elif digest in last.lost:
            yield digest, last.lost[digest]
