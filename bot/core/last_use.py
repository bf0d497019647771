"""When images were last in use, by the scans of usage that the store remembers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from bot.core.image_references import RegistryHosts, RepositoryPlace
from bot.core.repository import RegistryId

Users: TypeAlias = Mapping[str, Sequence[str]]
"""By digest or by tag, the workloads."""

CLOCKS_DIFFER = timedelta(hours=1)
"""Times of scans that are further ahead are ignored: the clock of that process was wrong."""

MAX_USERS = 3
"""How many workloads are remembered for an image."""


class LastUse(NamedTuple):
    """The last scan that saw an image in use. `at`: when the scan started, in UTC. `users`: some of
    the workloads; `others`: how many more there were. The later of two compares as greater."""

    at: datetime
    users: tuple[str, ...]
    others: int = 0

    @classmethod
    def by(cls, at: datetime, users: Iterable[str]) -> "LastUse":
        ordered = sorted(users)
        return cls(at, tuple(ordered[:MAX_USERS]), len(ordered[MAX_USERS:]))


@dataclass(frozen=True, slots=True)
class SeenUses:
    """What one scan saw in use: by digest, and by repository and tag. The digests include those
    that the tags named at that time."""

    by_digest: Mapping[str, LastUse]
    by_tag: Mapping[RepositoryPlace, Mapping[str, LastUse]]


def seen_uses(
    by_digest: Users,
    by_tag: Mapping[RepositoryPlace, Users],
    digests: Mapping[RepositoryPlace, Mapping[str, str]],
    at: datetime,
) -> SeenUses:
    """`by_digest`, `by_tag`: the workloads. `digests`: by tag, as far as they are known."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for place, digest_by_tag in digests.items():
        for tag, digest in digest_by_tag.items():
            users[digest].update(by_tag[place][tag])
    named = {
        digest: LastUse.by(at, found.union(by_digest.get(digest, ())))
        for digest, found in users.items()
    }
    return SeenUses(
        {digest: LastUse.by(at, found) for digest, found in by_digest.items()} | named,
        {place: _last_uses(tags, at) for place, tags in by_tag.items()},
    )


def _last_uses(users: Users, at: datetime) -> Mapping[str, LastUse]:
    return {tag: LastUse.by(at, found) for tag, found in users.items()}


class ScanPlace(NamedTuple):
    """A usage source in one scope; or TAGS in one registry: all tags in use there were resolved."""

    source: str
    scope: str


TAGS = "tags"


def tags_in(registry: RegistryId, hosts: RegistryHosts) -> ScanPlace:
    """With other aliases of the registry it is another place: a scan sees no use by an alias that
    the settings lack."""
    return ScanPlace(TAGS, " or ".join([str(registry), *hosts.aliases_of(registry)]))


ScanTimes: TypeAlias = Mapping[ScanPlace, Sequence[datetime]]
"""When each place was scanned whole, in UTC. In any order."""


@dataclass(frozen=True, slots=True)
class MemoryReach:
    """Whether the remembered scans cover the last `within`, as a keep rule needs. `since`: they
    cover the time from then on; None: they cover nothing. In UTC."""

    since: datetime | None
    within: timedelta

    def is_whole(self, now: datetime) -> bool:
        return self.since is not None and self.since <= now - self.within


def longest_gap(scan_every: timedelta | None) -> timedelta | None:
    """The longest pause between two regular scans that leaves no gap in the memory. None if scans
    are not regular."""
    return None if scan_every is None else 2 * scan_every


def covered_since(
    scans: ScanTimes, now: datetime, longest_gap: timedelta | None
) -> datetime | None:
    """Since when every place was scanned, with no longer pause than `longest_gap` between two scans
    or before `now`. `longest_gap` None: scans are not regular, and cover nothing. None also if
    there is no place."""
    if longest_gap is None:
        return None
    starts = [_covered_since(times, now, longest_gap) for times in scans.values()]
    known = [start for start in starts if start is not None]
    return max(known) if known and len(known) == len(starts) else None


def _covered_since(
    times: Iterable[datetime], now: datetime, longest_gap: timedelta
) -> datetime | None:
    covered, since = now, None
    for at in sorted((at for at in times if at <= now + CLOCKS_DIFFER), reverse=True):
        if covered - at > longest_gap:
            break
        covered = since = at
    return since
