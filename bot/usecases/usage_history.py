"""Records what scans of usage saw in use, and reads when images were last in use."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.core.errors import RequestError, ServiceError
from bot.core.image_references import RegistryHosts, RepositoryPlace
from bot.core.judge import JudgedManifest
from bot.core.last_use import (
    LastUse,
    ScanPlace,
    ScanTimes,
    SeenUses,
    covered_since,
    longest_gap,
    seen_uses,
    tags_in,
)
from bot.core.manifest import Manifest
from bot.core.plan_problems import NothingInUse, ScanFailureCause
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import ImageUser, ImageUsers, PastTagUser, SourceScan, Workloads
from bot.core.usage_snapshot import UsageSnapshot
from bot.parallel import in_batches, in_parallel
from bot.ports import Registry, UsageHistory, UsageHistoryWriter
from bot.sanitize import quoted

if TYPE_CHECKING:
    from bot.store.store import Store

USES_KEPT_FOR = timedelta(days=400)
"""How long uses and scans are remembered, at least."""

PART_OF_INTERVAL = 0.25
"""Two scans of the same places that are remembered as whole are at least this part of the interval
of regular scans apart."""


class _TagsCall(NamedTuple):
    """`tags`: some of those in use in the repository."""

    registry: Registry
    place: RepositoryPlace
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class UsageRecorder:
    """`registries`: those of the settings. `asked`: those for which usage was scanned. `hosts`: how
    references were resolved. `scan_every`: the interval of regular scans, None if there are none.
    `wait` returns when the next call to a registry may be made. `warn` gets sentences for the
    log."""

    history: UsageHistoryWriter
    registries: Iterable[Registry]
    asked: frozenset[RegistryId]
    hosts: RegistryHosts
    scan_every: timedelta | None
    wait: Callable[[], None]
    warn: Callable[[str], None]

    def record(self, snapshot: UsageSnapshot, at: datetime) -> frozenset[RegistryId]:
        """Records what the scan saw in use, also if a part of it failed. Records as scanned whole
        the sources that did not fail, and the registries whose references were all readable and
        whose tags in use were all resolved. `at`: when the scan started, in UTC.

        Raises ServiceError if the database fails."""
        registries = self._asked_registries()
        calls = [*_calls(registries, snapshot.by_tag)]
        digests: defaultdict[RepositoryPlace, dict[str, str]] = defaultdict(dict)
        failures: dict[RegistryId, RequestError | ServiceError] = {}
        for call, answer in zip(calls, in_parallel(self._digests_or_error, calls), strict=True):
            if isinstance(answer, RequestError | ServiceError):
                failures.setdefault(call.place[0], answer)
            else:
                digests[call.place].update(answer)
        for registry, error in failures.items():
            self.warn(f"{error}; not all tags in use in {registry} are remembered with their image")
        unreadable = _unreadable_references(snapshot)
        for registry in registries.keys() & unreadable.keys():
            self.warn(
                f"{quoted(unreadable[registry])} is not an image reference; not all images in use "
                f"in {registry} are remembered"
            )
        resolved = registries.keys() - failures.keys() - unreadable.keys()
        tags = [tags_in(registry, self.hosts) for registry in resolved]
        scanned = whole_places(snapshot.scans, tags)
        seen = seen_uses(snapshot.by_digest, snapshot.by_tag, digests, at)
        self.history.record_usage(seen, self._without_recent(scanned, at), at)
        return frozenset(failures)

    def _digests_or_error(self, call: _TagsCall) -> Mapping[str, str] | RequestError | ServiceError:
        self.wait()
        try:
            return call.registry.digests_of_tags(call.place[1], call.tags)
        except (RequestError, ServiceError) as error:
            return error

    def _asked_registries(self) -> Mapping[RegistryId, Registry]:
        found: dict[RegistryId, Registry] = {}
        for registry in self.registries:
            id_ = _id_or_none(registry)
            if id_ in self.asked:
                found.setdefault(id_, registry)
            if found.keys() == self.asked:
                break
        return found

    def _without_recent(self, scanned: frozenset[ScanPlace], at: datetime) -> frozenset[ScanPlace]:
        """None of them if a scan of them all is stored that is hardly older: each report scans
        usage, and the memory needs few of these scans."""
        if self.scan_every is None:
            return scanned
        by_time: defaultdict[datetime, set[ScanPlace]] = defaultdict(set)
        known = self.history.usage_scans(at - self.scan_every * PART_OF_INTERVAL)
        for place, times in known.items():
            for time in times:
                by_time[time].add(place)
        is_known = any(time <= at and scanned <= places for time, places in by_time.items())
        return frozenset() if is_known else scanned


def _calls(
    registries: Mapping[RegistryId, Registry], by_tag: Mapping[RepositoryPlace, Workloads]
) -> Iterator[_TagsCall]:
    for place, tags in by_tag.items():
        if registry := registries.get(place[0]):
            for some in in_batches(sorted(tags), registry.read_at_once):
                yield _TagsCall(registry, place, some)


def _unreadable_references(snapshot: UsageSnapshot) -> Mapping[RegistryId, str]:
    """By registry, an invalid reference that may name an image there."""
    return {
        possible.registry: each.image
        for each in snapshot.unreadable
        for possible in each.possible_names
    }


def _id_or_none(registry: Registry) -> RegistryId | None:
    try:
        return registry.id()
    except (RequestError, ServiceError):
        return None


def whole_places(scans: Iterable[SourceScan], tags: Iterable[ScanPlace]) -> frozenset[ScanPlace]:
    """What was scanned whole. `tags`: the registries whose tags in use were all resolved. None if
    nothing is in use, since the sources probably scan the wrong accounts."""
    by_place: defaultdict[ScanPlace, list[ScanFailureCause | None]] = defaultdict(list)
    for scan in scans:
        if isinstance(scan.failure, NothingInUse):
            return frozenset()
        by_place[ScanPlace(scan.source, scan.scope)].append(scan.failure)
    whole = (place for place, failures in by_place.items() if not any(failures))
    return frozenset([*whole, *tags])


def record_past_tags(history: UsageHistoryWriter, by_past_tag: ImageUsers, at: datetime) -> None:
    """Records the images of workloads whose tags have moved since. Only a plan knows them. `at`:
    when the scan of usage started, in UTC.

    Raises ServiceError if the database fails."""
    if by_past_tag:
        uses = {
            digest: LastUse.by(at, {_name(user) for user in users})
            for digest, users in by_past_tag.items()
        }
        history.record_usage(SeenUses(uses, {}), (), at)


def _name(user: ImageUser) -> str:
    return user.name if isinstance(user, PastTagUser) else user


@dataclass(frozen=True, slots=True)
class MemoryOfScans:
    """`places`: the usage sources of a scan, which started at `at`. `hosts` and
    `scan_every` as in UsageRecorder."""

    history: UsageHistory
    places: Collection[ScanPlace]
    hosts: RegistryHosts
    at: datetime
    scan_every: timedelta | None

    def covered_since(
        self, registries: Iterable[RegistryId], within: timedelta
    ) -> Mapping[RegistryId, datetime | None]:
        """Since when scans without a gap cover each registry, at most the last `within`. A source
        counts as scanned if the same scan resolved the tags in use in the registry. Raises
        ServiceError if the database fails."""
        gap = longest_gap(self.scan_every)
        if gap is None:
            return {}
        known = self.history.usage_scans(self.at - within - gap)
        return {
            registry: covered_since(self._scans_with(tags, known), self.at, gap)
            for registry in registries
            if (tags := tags_in(registry, self.hosts)) in known
        }

    def _scans_with(self, tags: ScanPlace, known: ScanTimes) -> ScanTimes:
        """Of each source, the scans that also resolved these tags."""
        resolved = frozenset(known[tags])
        return {
            place: [at for at in known.get(place, ()) if at in resolved]
            for place in [*self.places, tags]
        }


def last_uses_of(
    store: "Store",
    repository: RepositoryId,
    destinations: Iterable[RegistryId],
    manifests: Sequence[Manifest],
) -> Mapping[str, LastUse]:
    """By digest, the last use of the image or of one of its tags. `destinations`: registries with
    replicas of the repository, whose tags count too. Raises ServiceError if the database fails."""
    places = [(registry, repository.name) for registry in (repository.registry, *destinations)]
    of_tags = store.last_uses_of_tags(places)
    found = {**store.last_uses([manifest.digest for manifest in manifests])}
    for manifest in manifests:
        for tag in of_tags.keys() & set(manifest.tags):
            found[manifest.digest] = max(of_tags[tag], found.get(manifest.digest, of_tags[tag]))
    return found


def last_uses_of_groups(
    store: "Store", repository: RepositoryId, groups: Sequence[Sequence[JudgedManifest]]
) -> Sequence[LastUse | None]:
    """For each image group, when a scan last saw a part of it in use. None if no scan did, or if a
    part is in use now. Raises ServiceError if the database fails."""
    manifests = [judged.manifest for group in groups for judged in group]
    uses = last_uses_of(store, repository, (), manifests)
    return [_last_use_of(group, uses) for group in groups]


def _last_use_of(group: Sequence[JudgedManifest], uses: Mapping[str, LastUse]) -> LastUse | None:
    if any(judged.used_by for judged in group):
        return None
    found = (uses.get(judged.manifest.digest) for judged in group)
    return max(filter(None, found), default=None)
