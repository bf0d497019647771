"""All image uses that the sources found, indexed by repository. Made once for a run."""

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
    ImageUse,
    RepositoryUsage,
    SourceScan,
    TagRun,
    TagRuns,
    UnscannedRegion,
    Workloads,
)

REFERENCES = "references"
"""The source of scans that failed because of references to unknown repositories."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class UnreadableReference:
    """A text that workloads use as an image reference, and that is not valid."""

    image: str
    used_by: tuple[str, ...]
    possible_names: frozenset[PossibleRepositories]

    def may_mean(self, registry: RegistryId, name: str) -> bool:
        return any(possible.include(registry, name) for possible in self.possible_names)


@dataclass(frozen=True, slots=True)
class RepositoryMention:
    """A workload names an image of this repository, which need not exist."""

    registry: RegistryId
    name: str
    image: str
    used_by: str

    @property
    def order(self) -> tuple[str, str]:
        return self.image, self.used_by

    @property
    def endings(self) -> Iterator[str]:
        """The name without the first component of its path, without the first two, and so on."""
        rest = self.name
        while "/" in rest:
            rest = rest.partition("/")[2]
            yield rest


class RepositoryMentions:
    """One mention for each mentioned repository. Finds them by the end of the name in O(1)."""

    def __init__(self, mentions: Iterable[RepositoryMention] = ()) -> None:
        self._all = tuple(mentions)
        by_ending: defaultdict[str, list[RepositoryMention]] = defaultdict(list)
        for mention in self._all:
            for ending in mention.endings:
                by_ending[ending].append(mention)
        self._by_ending: Mapping[str, list[RepositoryMention]] = dict(by_ending)

    def __iter__(self) -> Iterator[RepositoryMention]:
        return iter(self._all)

    def ending_in(self, name: str) -> tuple[RepositoryMention, ...]:
        """The mentions of repositories whose names end in `/` and `name`."""
        return tuple(self._by_ending.get(name, ()))


def unreadable_references_scan(
    repository: RepositoryId, found: Iterable[UnreadableReference]
) -> SourceScan:
    """A failed scan. `found`: the references that may mean the repository."""
    uses = tuple(ReferenceUse(each.image, each.used_by) for each in found)
    return SourceScan(REFERENCES, repository.uri, 0, UnreadableReferences(uses))


def missing_repositories_scan(
    repository: RepositoryId, found: Iterable[RepositoryMention]
) -> SourceScan:
    """A failed scan. `found`: mentions of missing repositories that may mean this one."""
    uses = tuple(ReferenceUse(each.image, (each.used_by,)) for each in found)
    return SourceScan(REFERENCES, repository.uri, 0, MissingRepositories(uses))


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """All image uses at one time. Finds those of one repository in O(1).

    `unreadable`: invalid references that may name a repository. `mentions`: the repositories that
    workloads name, which need not exist.
    """

    by_digest: Workloads
    by_tag: Mapping[RepositoryPlace, Workloads]
    scans: tuple[SourceScan, ...]
    not_checked: tuple[str, ...]
    unreadable: tuple[UnreadableReference, ...] = ()
    mentions: RepositoryMentions = field(default_factory=RepositoryMentions)
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    tag_runs: Mapping[RepositoryPlace, TagRuns] = field(default_factory=dict)

    def usage_of(
        self,
        repository: RepositoryId,
        scans: Iterable[SourceScan] = (),
        deleted_also_in: Iterable[RegistryId] = (),
    ) -> RepositoryUsage:
        """`scans`: those for this repository alone. `deleted_also_in`: registries with replicas of
        the repository, from which replication deletes too; users of a replica's tags count.

        A digest counts as used in every repository that has it. An invalid reference that may name
        the repository becomes a failed scan."""
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
        """The workloads without a known digest, by tag. Those that use a replica count too."""
        found: defaultdict[str, set[TagRun]] = defaultdict(set)
        for registry in (repository.registry, *deleted_also_in):
            for tag, runs in self.tag_runs.get((registry, repository.name), {}).items():
                found[tag].update(runs)
        return found


class ImageUseCollector:
    """Collects image uses for a snapshot. References that match `ignored` make no plan
    incomplete."""

    def __init__(self, hosts: RegistryHosts, ignored: Patterns | None = None) -> None:
        self._hosts = hosts
        self._ignored = ignored or Patterns()
        self._by_digest: defaultdict[str, set[str]] = defaultdict(set)
        self._by_tag: defaultdict[RepositoryPlace, defaultdict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self._unreadable: defaultdict[tuple[str, frozenset[PossibleRepositories]], set[str]]
        self._unreadable = defaultdict(set)
        self._mentions: dict[RepositoryPlace, RepositoryMention] = {}
        self._tag_runs: defaultdict[RepositoryPlace, defaultdict[str, set[TagRun]]] = defaultdict(
            lambda: defaultdict(set)
        )

    def add(self, image_use: ImageUse) -> frozenset[RegistryId]:
        """Adds an image use. Returns the registries that it names, none if it is not in ECR.

        Raises MalformedReferenceError for an invalid reference that may mean an image in an unknown
        ECR registry. Skips other invalid references, since clients cannot pull them.
        """
        for digest in _DIGEST.findall(image_use.image):
            self._by_digest[digest].add(image_use.used_by)
        try:
            reference = parse_reference(image_use.image)
        except MalformedReferenceError as error:
            return self._add_malformed(image_use, error)
        places = self._add_reference(image_use, reference)
        possible = frozenset(PossibleRepositories(*place, is_whole=True) for place in places)
        self._add_running(image_use, possible or None)
        return frozenset(registry for registry, _ in places)

    def _add_reference(
        self, image_use: ImageUse, reference: Reference
    ) -> tuple[RepositoryPlace, ...]:
        places = self._hosts.places(reference)
        host = reference.host
        counts = self._counts(image_use.image, f"{host}/{reference.name}")
        if counts and host and not places and self._hosts.may_be_ecr_host(host):
            raise MalformedReferenceError(
                f"{image_use.used_by}: {host} looks like an ECR registry, but is unknown: "
                "add it to usage.registry_aliases"
            )
        if reference.tag:
            for place in places:
                self._by_tag[place][reference.tag].add(image_use.used_by)
                if image_use.unresolved and not (image_use.digest or reference.digest):
                    run = TagRun(image_use.used_by, image_use.unresolved)
                    self._tag_runs[place][reference.tag].add(run)
        for place in places[-1:] if counts and not image_use.is_guess else ():
            mention = RepositoryMention(*place, image_use.image, image_use.used_by)
            self._mentions[place] = min(
                mention, self._mentions.get(place, mention), key=attrgetter("order")
            )
        return places

    def _add_malformed(
        self, image_use: ImageUse, error: MalformedReferenceError
    ) -> frozenset[RegistryId]:
        possible = self._hosts.possible_names(image_use.image)
        self._add_running(image_use, possible)
        if self._hosts.may_mean_ecr(image_use.image):
            self._add_unreadable(image_use.image, image_use.used_by, possible, error)
        return frozenset(each.registry for each in possible or ())

    def _add_running(
        self, image_use: ImageUse, possible: frozenset[PossibleRepositories] | None
    ) -> None:
        """Adds the digest of the image that runs."""
        if image_use.digest is None:
            return
        if _DIGEST.fullmatch(image_use.digest):
            self._by_digest[image_use.digest].add(image_use.used_by)
            return
        text = f"{image_use.image}@{image_use.digest}"
        error = MalformedReferenceError(
            f"{image_use.digest!r} is not the digest of a running image"
        )
        self._add_unreadable(text, image_use.used_by, possible, error)

    def _add_unreadable(
        self,
        text: str,
        used_by: str,
        possible: frozenset[PossibleRepositories] | None,
        error: MalformedReferenceError,
    ) -> None:
        """`possible` None: the text may name any repository."""
        if not self._counts(text):
            return
        if possible is None:
            raise MalformedReferenceError(f"{used_by}: {error}") from error
        if possible:
            self._unreadable[text, possible].add(used_by)

    def _counts(self, *texts: str) -> bool:
        """False if the settings ignore the reference, as written or without tag and digest."""
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
            mentions=RepositoryMentions(sorted(self._mentions.values(), key=attrgetter("order"))),
            tag_runs=self._tag_runs,
        )


def _by_text(item: tuple[tuple[str, frozenset[PossibleRepositories]], set[str]]) -> str:
    return item[0][0]


def _sorted(users: Mapping[str, set[str]]) -> Workloads:
    return {key: tuple(sorted(names)) for key, names in users.items()}
