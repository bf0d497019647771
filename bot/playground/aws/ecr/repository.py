"""A repository: manifests, tags, indexes and referrers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TypedDict

from bot.playground.aws.call_context import partition_of
from bot.playground.aws.ecr.stored_manifest import StoredManifest


class RepositoryOptions(TypedDict, total=False):
    """Options for creating a repository."""

    account: str
    region: str
    created_at: datetime
    mutability: str
    exclusions: Iterable[str]
    tags: Mapping[str, str]
    policy: str | None
    lifecycle_policy: str | None


@dataclass(eq=False)
class Repository:
    account: str
    region: str
    name: str
    created_at: datetime
    mutability: str = "MUTABLE"
    exclusions: Iterable[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None
    lifecycle_policy: str | None = None
    manifests: dict[str, StoredManifest] = field(default_factory=dict, init=False)
    digest_by_tag: dict[str, str] = field(default_factory=dict, init=False)
    deletion_failures: dict[str, str] = field(default_factory=dict, init=False)
    """ECR's failure codes for digests whose deletion fails."""
    _indexes: dict[str, set[str]] = field(default_factory=dict, init=False)
    _referrers: dict[str, set[str]] = field(default_factory=dict, init=False)
    _restoring: set[str] = field(default_factory=set, init=False)
    _sorted: list[str] | None = field(default=None, init=False)
    _sorted_names: list[str] | None = field(default=None, init=False)

    @property
    def arn(self) -> str:
        return (
            f"arn:{partition_of(self.region)}:ecr:{self.region}:{self.account}"
            f":repository/{self.name}"
        )

    @property
    def uri(self) -> str:
        suffix = ".cn" if partition_of(self.region) == "aws-cn" else ""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com{suffix}/{self.name}"

    @property
    def digests(self) -> list[str]:
        """All digests, sorted, in the order of pages."""
        if self._sorted is None:
            self._sorted = sorted(self.manifests)
        return self._sorted

    @property
    def names(self) -> list[str]:
        """`DIGEST TAG` for each tag, `DIGEST ` for untagged images, in the order of pages."""
        if self._sorted_names is None:
            self._sorted_names = sorted(
                f"{digest} {tag}"
                for digest, manifest in self.manifests.items()
                for tag in manifest.tags or ("",)
            )
        return self._sorted_names

    def indexes_listing(self, digest: str) -> list[str]:
        return sorted(self._indexes.get(digest, ()))

    def referrers_of(self, digest: str) -> list[str]:
        return sorted(self._referrers.get(digest, ()))

    def size_of(self, manifest: StoredManifest) -> int:
        """The size of an index is the maximum of its children (model)."""
        sizes = [
            self.size_of(self.manifests[child])
            for child in manifest.children
            if child in self.manifests
        ]
        return max([manifest.own_size, *sizes])

    def is_immutable(self, tag: str) -> bool:
        excluded = any(fnmatchcase(tag, pattern) for pattern in self.exclusions)
        return self.mutability.startswith("IMMUTABLE") != excluded

    def add(self, manifest: StoredManifest) -> StoredManifest:
        """Stores the manifest if its digest is new. Returns the stored manifest."""
        known = self.manifests.get(manifest.digest)
        if known is not None:
            return known
        self.manifests[manifest.digest] = manifest
        self._sorted = self._sorted_names = None
        for child in manifest.children:
            self._indexes.setdefault(child, set()).add(manifest.digest)
        if manifest.subject:
            self._referrers.setdefault(manifest.subject, set()).add(manifest.digest)
        self._clear_cached_indexes(manifest.digest)
        return manifest

    def tag(self, manifest: StoredManifest, tag: str) -> None:
        """Moves the tag from any other image."""
        self.untag(tag)
        self.digest_by_tag[tag] = manifest.digest
        manifest.tags.add(tag)
        manifest.rendered = None
        self._sorted_names = None

    def untag(self, tag: str) -> None:
        digest = self.digest_by_tag.pop(tag, None)
        if digest is not None:
            self.manifests[digest].tags.discard(tag)
            self.manifests[digest].rendered = None
            self._sorted_names = None

    def remove(self, manifest: StoredManifest) -> None:
        for tag in tuple(manifest.tags):
            self.untag(tag)
        del self.manifests[manifest.digest]
        self._sorted = self._sorted_names = None
        self._restoring.discard(manifest.digest)
        for child in manifest.children:
            self._indexes[child].discard(manifest.digest)
        if manifest.subject:
            self._referrers[manifest.subject].discard(manifest.digest)
        self._clear_cached_indexes(manifest.digest)

    def restore(self, manifest: StoredManifest, now: datetime) -> None:
        manifest.restore(now)
        self._restoring.add(manifest.digest)

    def complete_restores(self, now: datetime) -> None:
        """Completes restores that are due."""
        for digest in tuple(self._restoring):
            manifest = self.manifests[digest]
            ready_at = manifest.restored_at
            if ready_at is None or ready_at <= now:
                self._restoring.discard(digest)
                if ready_at is not None:
                    manifest.activate(ready_at)

    def _clear_cached_indexes(self, digest: str) -> None:
        for index in self._indexes.get(digest, ()):
            if index in self.manifests:
                self.manifests[index].rendered = None
                self._clear_cached_indexes(index)
