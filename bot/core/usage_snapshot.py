"""All that is in use, looked up once for a run and indexed for every repository."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from bot.core.image_references import (
    MalformedReferenceError,
    PossibleRepositories,
    Reference,
    RegistryHosts,
    RepositoryPlace,
    parse_reference,
)
from bot.core.patterns import Patterns
from bot.core.plan_problems import MissingRepositories, ReferenceUse, UnreadableReferences
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import (
    RepositoryUsage,
    Sighting,
    SourceScan,
    TagRun,
    TagRuns,
    UnscannedRegion,
    Workloads,
)

REFERENCES = "references"
"""Names the looks at references that lead to no known repository."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class UnreadableReference:
    """Workloads name an image by a text that is no reference."""

    image: str
    used_by: tuple[str, ...]
    possible_names: frozenset[PossibleRepositories]

    def may_mean(self, registry: RegistryId, name: str) -> bool:
        return any(possible.include(registry, name) for possible in self.possible_names)


@dataclass(frozen=True, slots=True)
class RepositoryMention:
    """A workload names an image of this repository, whether the registry has it or not."""

    registry: RegistryId
    name: str
    image: str
    used_by: str

    @property
    def order(self) -> tuple[str, str]:
        return self.image, self.used_by

    @property
    def endings(self) -> Iterator[str]:
        """What is left of the name without the first part of its path, the first two, and so on."""
        rest = self.name
        while "/" in rest:
            rest = rest.partition("/")[2]
            yield rest


class RepositoryMentions:
    """One workload for every repository that is named, found by the end of that name in O(1)."""

    def __init__(self, namings: Iterable[RepositoryMention] = ()) -> None:
        self._all = tuple(namings)
        by_ending: defaultdict[str, list[RepositoryMention]] = defaultdict(list)
        for naming in self._all:
            for ending in naming.endings:
                by_ending[ending].append(naming)
        self._by_ending: Mapping[str, list[RepositoryMention]] = dict(by_ending)

    def __iter__(self) -> Iterator[RepositoryMention]:
        return iter(self._all)

    def ending_in(self, name: str) -> tuple[RepositoryMention, ...]:
        """Those of repositories whose names end in `/` and this name."""
        return tuple(self._by_ending.get(name, ()))


def unreadable_references_scan(
    repository: RepositoryId, found: Iterable[UnreadableReference]
) -> SourceScan:
    """`found`: all that may mean the repository."""
    uses = tuple(ReferenceUse(each.image, each.used_by) for each in found)
    return SourceScan(REFERENCES, repository.uri, 0, UnreadableReferences(uses))


def missing_repositories_scan(
    repository: RepositoryId, found: Iterable[RepositoryMention]
) -> SourceScan:
    """`found`: all that name a repository which its registry lacks, and may mean this one."""
    uses = tuple(ReferenceUse(each.image, (each.used_by,)) for each in found)
    return SourceScan(REFERENCES, repository.uri, 0, MissingRepositories(uses))


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """What was in use at one time. Looking a repository up costs O(1), not a scan.

    `unreadable`: texts that are no references, but could name a repository. `mentions`: the
    repositories that are named, whether they exist or not.
    """

    by_digest: Workloads
    by_tag: Mapping[RepositoryPlace, Workloads]
    scans: tuple[SourceScan, ...]
    not_checked: tuple[str, ...]
    unreadable: tuple[UnreadableReference, ...] = ()
    mentions: RepositoryMentions = field(default_factory=RepositoryMentions)
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    tag_runs: Mapping[RepositoryPlace, TagRuns] = field(default_factory=dict)

    def of(
        self,
        repository: RepositoryId,
        scans: Iterable[SourceScan] = (),
        deleted_also_in: Iterable[RegistryId] = (),
    ) -> RepositoryUsage:
        """`scans`: what was looked at for this repository alone. A digest that is in use anywhere
        is in use in every repository that holds it; a tag also where the repository's replica is
        used from which deletions would take it (`deleted_also_in`). A text that is no reference
        and could name the repository is a failed look."""
        registries = (repository.registry, *deleted_also_in)
        by_tag: dict[str, tuple[str, ...]] = {}
        for registry in registries:
            for tag, users in self.by_tag.get((registry, repository.name), {}).items():
                by_tag[tag] = tuple(sorted({*by_tag.get(tag, ()), *users}))
        unreadable = [
            each
            for each in self.unreadable
            if any(each.may_mean(registry, repository.name) for registry in registries)
        ]
        unread = [unreadable_references_scan(repository, unreadable)] if unreadable else ()
        return RepositoryUsage(
            by_digest=self.by_digest,
            by_tag=by_tag,
            scans=(*self.scans, *scans, *unread),
            not_checked=self.not_checked,
            unscanned_regions=self.unscanned_regions,
        )

    def tag_runs_of(
        self, repository: RepositoryId, deleted_also_in: Iterable[RegistryId] = ()
    ) -> TagRuns:
        """Who runs what tags of the repository named, also where its replica is used."""
        found: defaultdict[str, set[TagRun]] = defaultdict(set)
        for registry in (repository.registry, *deleted_also_in):
            for tag, runs in self.tag_runs.get((registry, repository.name), {}).items():
                found[tag].update(runs)
        return found


class SightingCollector:
    """Collects sightings. References that `ignored` matches make nothing incomplete."""

    def __init__(self, hosts: RegistryHosts, ignored: Patterns | None = None) -> None:
        self._hosts = hosts
        self._ignored = ignored or Patterns()
        self._by_digest: defaultdict[str, set[str]] = defaultdict(set)
        self._by_tag: defaultdict[RepositoryPlace, defaultdict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self._unreadable: defaultdict[tuple[str, frozenset[PossibleRepositories]], set[str]]
        self._unreadable = defaultdict(set)
        self._named: dict[RepositoryPlace, RepositoryMention] = {}
        self._tag_runs: defaultdict[RepositoryPlace, defaultdict[str, set[TagRun]]] = defaultdict(
            lambda: defaultdict(set)
        )

    def add(self, sighting: Sighting) -> frozenset[RegistryId]:
        """The registries that it names; none if it names nothing in ECR.

        Raises MalformedReferenceError for what is no reference but might mean an image in ECR, if
        nobody can tell in which registry; what else is no reference can be pulled by nobody.
        """
        for digest in _DIGEST.findall(sighting.image):
            self._by_digest[digest].add(sighting.used_by)
        try:
            reference = parse_reference(sighting.image)
        except MalformedReferenceError as error:
            return self._add_malformed(sighting, error)
        places = self._add_reference(sighting, reference)
        possible = frozenset(PossibleRepositories(*place, is_whole=True) for place in places)
        self._add_running(sighting, possible or None)
        return frozenset(registry for registry, _ in places)

    def _add_reference(
        self, sighting: Sighting, reference: Reference
    ) -> tuple[RepositoryPlace, ...]:
        places = self._hosts.places(reference)
        host = reference.host
        counts = self._counts(sighting.image, f"{host}/{reference.name}")
        if counts and host and not places and self._hosts.may_be_ecr_host(host):
            raise MalformedReferenceError(
                f"{sighting.used_by}: {host} looks like a registry of ECR, but is none "
                "that is known: name it in usage.registry_aliases"
            )
        if reference.tag:
            for place in places:
                self._by_tag[place][reference.tag].add(sighting.used_by)
                if sighting.unresolved and not (sighting.digest or reference.digest):
                    run = TagRun(sighting.used_by, sighting.unresolved)
                    self._tag_runs[place][reference.tag].add(run)
        for place in places[-1:] if counts and not sighting.is_guess else ():
            naming = RepositoryMention(*place, sighting.image, sighting.used_by)
            self._named[place] = min(
                naming, self._named.get(place, naming), key=attrgetter("order")
            )
        return places

    def _add_malformed(
        self, sighting: Sighting, error: MalformedReferenceError
    ) -> frozenset[RegistryId]:
        possible = self._hosts.possible_names(sighting.image)
        self._add_running(sighting, possible)
        if self._hosts.may_mean_ecr(sighting.image):
            self._add_unreadable(sighting.image, sighting.used_by, possible, error)
        return frozenset(each.registry for each in possible or ())

    def _add_running(
        self, sighting: Sighting, possible: frozenset[PossibleRepositories] | None
    ) -> None:
        """The digest of what runs."""
        if sighting.digest is None:
            return
        if _DIGEST.fullmatch(sighting.digest):
            self._by_digest[sighting.digest].add(sighting.used_by)
            return
        text = f"{sighting.image}@{sighting.digest}"
        error = MalformedReferenceError(f"{sighting.digest!r} is no digest of what runs")
        self._add_unreadable(text, sighting.used_by, possible, error)

    def _add_unreadable(
        self,
        text: str,
        used_by: str,
        possible: frozenset[PossibleRepositories] | None,
        error: MalformedReferenceError,
    ) -> None:
        """`possible` None: it could name anything."""
        if not self._counts(text):
            return
        if possible is None:
            raise MalformedReferenceError(f"{used_by}: {error}") from error
        if possible:
            self._unreadable[text, possible].add(used_by)

    def _counts(self, *texts: str) -> bool:
        """Unless the settings ignore the reference, as it is written or without tag and digest."""
        return not self._ignored.match_any(texts)

    def snapshot(self, scans: Iterable[SourceScan], not_checked: Iterable[str]) -> UsageSnapshot:
        return UsageSnapshot(
            by_digest=_sorted(self._by_digest),
            by_tag={place: _sorted(tags) for place, tags in self._by_tag.items()},
            scans=tuple(scans),
            not_checked=tuple(not_checked),
            unreadable=tuple(
                UnreadableReference(text, tuple(sorted(users)), possible)
                for (text, possible), users in sorted(self._unreadable.items(), key=_by_text)
            ),
            mentions=RepositoryMentions(sorted(self._named.values(), key=attrgetter("order"))),
            tag_runs=self._tag_runs,
        )


def _by_text(item: tuple[tuple[str, frozenset[PossibleRepositories]], set[str]]) -> str:
    return item[0][0]


def _sorted(users: Mapping[str, set[str]]) -> Workloads:
    return {key: tuple(sorted(names)) for key, names in users.items()}
