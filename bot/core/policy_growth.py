"""How many bytes a week a policy never frees."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bot.core.judge import JudgedManifest
from bot.core.storage_history import WEEK
from bot.core.storage_projection import WEEKS
from bot.core.verdict_reasons import KeptByTag, Pinned, Reason, RuleName, TagPatterns

_UNBOUNDED = frozenset(
    {
        RuleName.TAGS,
        RuleName.ARTIFACT,
        RuleName.ARCHIVED,
        RuleName.ORPHAN,
        RuleName.NO_POLICY,
        RuleName.UNKNOWN,
    }
)
"""Rules that keep every new image of their kind for ever. All others keep about as many images as
they keep now. Pins are `_UNBOUNDED` if they have no end."""


def policy_growth(judged: Sequence[JudgedManifest], now: datetime) -> int:
    """Bytes a week, of the last 12 weeks or since the first push: blobs that were new in that time,
    and that manifests have which rules without a bound keep. Unknown blobs count as none."""
    first_push = _first_pushes(judged)
    if not first_push:
        return 0
    weeks = min(float(WEEKS), max(1.0, (now - min(first_push.values())) / WEEK))
    kept_for_ever = _kept_without_bound(judged)
    sizes = {
        blob.digest: blob.size
        for each in judged
        if each.manifest.digest in kept_for_ever
        for blob in each.manifest.blobs or ()
        if blob.digest in first_push and now - first_push[blob.digest] < WEEKS * WEEK
    }
    return round(sum(sizes.values()) / weeks)


def _first_pushes(judged: Iterable[JudgedManifest]) -> Mapping[str, datetime]:
    """By blob, when the first manifest that has it was pushed."""
    first: dict[str, datetime] = {}
    for each in judged:
        pushed_at = each.manifest.pushed_at
        if pushed_at is None:
            continue
        for blob in each.manifest.blobs or ():
            known = first.get(blob.digest)
            if known is None or pushed_at < known:
                first[blob.digest] = pushed_at
    return first


def _kept_without_bound(judged: Sequence[JudgedManifest]) -> set[str]:
    """Digests of manifests, with those that inherit their verdict."""
    newest = set(_newest_by_tag(judged))
    own = {
        each.manifest.digest
        for each in judged
        if any(_is_unbounded(reason, each.manifest.digest, newest) for reason in each.reasons)
    }
    parents = {
        each.manifest.digest: each.parent
        for each in judged
        if each.parent and any(reason.rule is RuleName.FOLLOWS for reason in each.reasons)
    }
    found = set(own)
    for digest in parents:
        found.update(_below(digest, own, parents))
    return found


def _below(digest: str, own: set[str], parents: Mapping[str, str]) -> Iterator[str]:
    """The manifest, if it or one above it is in `own`."""
    seen: set[str] = set()
    above: str | None = digest
    while above is not None and above not in seen:
        if above in own:
            yield digest
            return
        seen.add(above)
        above = parents.get(above)


def _is_unbounded(reason: Reason, digest: str, newest: set[tuple[TagPatterns, str]]) -> bool:
    if isinstance(reason, Pinned):
        return reason.pin.until is None
    if isinstance(reason, KeptByTag):
        return (reason.group, digest) not in newest
    return reason.rule in _UNBOUNDED


def _newest_by_tag(judged: Iterable[JudgedManifest]) -> Iterator[tuple[TagPatterns, str]]:
    """The newest image that each `tags` rule keeps. A tag such as `latest` moves from one to the
    next, so such rules keep as much as now."""
    newest: dict[TagPatterns, tuple[datetime, str]] = {}
    for each in judged:
        pushed_at = each.manifest.pushed_at
        for reason in each.reasons:
            if isinstance(reason, KeptByTag) and pushed_at is not None:
                found = (pushed_at, each.manifest.digest)
                newest[reason.group] = max(found, newest.get(reason.group, found))
    for group, (_, digest) in newest.items():
        yield group, digest
