"""When tags came to images that were there before. ECR tells only when an image was pushed."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from bot.core.manifest import Manifest
from bot.core.records import Binding, PastBinding, TagScan

CLOCKS_DIFFER = timedelta(hours=1)
"""At most, unless one of them is wrong."""


def scan_tags(
    last: TagScan | None,
    manifests: Iterable[Manifest],
    now: datetime,
    listed_by: datetime | None = None,
) -> TagScan:
    """What is known of the tags now. The first scan knows of no change, nor does one after a scan
    by a clock that was ahead.

    `now`: before the manifests were listed. `listed_by`: after that, `now` if it is None. A tag may
    move in between.
    """
    listed_by = listed_by or now
    present = sorted(manifests, key=lambda manifest: manifest.digest)
    if last is None or last.at > now + CLOCKS_DIFFER:
        first = {tag: Binding(m.digest, None) for m in present for tag in m.tags}
        return TagScan(now, first, lost={}, known_since=listed_by)
    bindings = {tag: _binding(last, tag, m, now, listed_by) for m in present for tag in m.tags}
    return TagScan(
        at=now,
        bindings=bindings,
        lost=dict(_lost(last, present, now)),
        past=_past(last, bindings, {manifest.digest for manifest in present}, listed_by),
        known_since=last.reaches_back_to,
    )


def renewed_at(scan: TagScan) -> Mapping[str, datetime]:
    """By digest when a tag last came to an image, or when it lost its last one."""
    latest = dict(scan.lost)
    for binding in scan.bindings.values():
        if binding.since is not None:
            known = latest.get(binding.digest, binding.since)
            latest[binding.digest] = max(known, binding.since)
    return latest


def _binding(
    last: TagScan, tag: str, manifest: Manifest, now: datetime, listed_by: datetime
) -> Binding:
    known = last.bindings.get(tag)
    if known is not None and known.digest == manifest.digest:
        return known
    came_with_the_push = manifest.pushed_at is not None and manifest.pushed_at > last.at
    since = None if came_with_the_push else now
    return Binding(manifest.digest, since, came_after=last.at, came_by=listed_by)


def _past(
    last: TagScan, bindings: Mapping[str, Binding], present: AbstractSet[str], gone_by: datetime
) -> tuple[PastBinding, ...]:
    """What is gone now goes before what the tag left earlier: of a tag that comes and goes between
    two images only the last time is known."""
    past = {(each.tag, each.digest): each for each in last.past}
    for tag, binding in last.bindings.items():
        now_there = bindings.get(tag)
        if now_there is None or now_there.digest != binding.digest:
            left = PastBinding(tag, binding.digest, gone_by, binding.came_after, binding.came_by)
            past[tag, binding.digest] = left
    return tuple(past[key] for key in sorted(past) if key[1] in present)


def _lost(
    last: TagScan, present: Iterable[Manifest], now: datetime
) -> Iterator[tuple[str, datetime]]:
    had_tags = {binding.digest for binding in last.bindings.values()}
    for digest in (manifest.digest for manifest in present if not manifest.tags):
        if digest in had_tags:
            yield digest, now
        elif digest in last.lost:
            yield digest, last.lost[digest]
