"""All that is in use, looked up once for a run and indexed for every repository."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.references import Hosts, MalformedReferenceError, parse_reference
from bot.core.repository import RegistryId, RepositoryId
from bot.core.usage import Look, Sighting, TagRun, TagRuns, Usage, Users

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")

Place = tuple[RegistryId, str]
"""A registry and the name of a repository in it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was in use at one time. Looking a repository up costs O(1), not a scan."""

    by_digest: Users
    by_tag: Mapping[Place, Users]
    looks: tuple[Look, ...]
    not_checked: tuple[str, ...]
    tag_runs: Mapping[Place, TagRuns] = field(default_factory=dict)

    def of(
        self,
        repository: RepositoryId,
        looks: Iterable[Look] = (),
        deleted_also_in: Iterable[RegistryId] = (),
    ) -> Usage:
        """`looks`: what was looked at for this repository alone. A digest that is in use anywhere
        is in use in every repository that holds it; a tag also where the repository's replica is
        used from which deletions would take it (`deleted_also_in`)."""
        by_tag: dict[str, tuple[str, ...]] = {}
        for registry in (repository.registry, *deleted_also_in):
            for tag, users in self.by_tag.get((registry, repository.name), {}).items():
                by_tag[tag] = tuple(sorted({*by_tag.get(tag, ()), *users}))
        return Usage(
            by_digest=self.by_digest,
            by_tag=by_tag,
            looks=(*self.looks, *looks),
            not_checked=self.not_checked,
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


class Index:
    """Collects sightings."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._by_digest: defaultdict[str, set[str]] = defaultdict(set)
        self._by_tag: defaultdict[Place, defaultdict[str, set[str]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self._tag_runs: defaultdict[Place, defaultdict[str, set[TagRun]]] = defaultdict(
            lambda: defaultdict(set)
        )

    def add(self, sighting: Sighting) -> RegistryId | None:
        """The registry that it names, None if that is none of ECR's.

        Raises MalformedReferenceError for what is no reference but might mean an image in ECR;
        what else is none can be pulled by nobody.
        """
        digests = set(_DIGEST.findall(sighting.image))
        if sighting.digest is not None:
            if not _DIGEST.fullmatch(sighting.digest):
                raise MalformedReferenceError(
                    f"{sighting.used_by}: {sighting.digest!r} is no digest of what runs"
                )
            digests.add(sighting.digest)
        for digest in digests:
            self._by_digest[digest].add(sighting.used_by)
        try:
            reference = parse_reference(sighting.image)
        except MalformedReferenceError as error:
            if self._hosts.could_be_ours(sighting.image):
                raise MalformedReferenceError(f"{sighting.used_by}: {error}") from error
            return None
        registry = self._hosts.registry(reference.host)
        if registry is None and reference.host and self._hosts.could_be_ours(reference.host):
            raise MalformedReferenceError(
                f"{sighting.used_by}: {reference.host} looks like a registry of ECR, but is none "
                "that is known: name it in usage.registry_aliases"
            )
        if registry and reference.tag:
            self._by_tag[registry, reference.name][reference.tag].add(sighting.used_by)
            if sighting.unresolved and not digests:
                run = TagRun(sighting.used_by, sighting.unresolved)
                self._tag_runs[registry, reference.name][reference.tag].add(run)
        return registry

    def snapshot(self, looks: Iterable[Look], not_checked: Iterable[str]) -> Snapshot:
        return Snapshot(
            by_digest=_sorted(self._by_digest),
            by_tag={place: _sorted(tags) for place, tags in self._by_tag.items()},
            looks=tuple(looks),
            not_checked=tuple(not_checked),
            tag_runs=self._tag_runs,
        )


def _sorted(users: Mapping[str, set[str]]) -> Users:
    return {key: tuple(sorted(names)) for key, names in users.items()}
