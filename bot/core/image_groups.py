"""Groups manifests with the same verdict by their roots."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.judge import JudgedManifest


@dataclass(frozen=True, slots=True)
class PlannedImageGroup:
    """A root, and the manifests with the same verdict that belong to it."""

    root: JudgedManifest
    others: tuple[JudgedManifest, ...]

    @property
    def members(self) -> tuple[JudgedManifest, ...]:
        return (self.root, *self.others)

    @property
    def listed_bytes(self) -> int:
        """The sum of the sizes that ECR lists, without indexes: ECR lists an index with the size of
        one of its children."""
        manifests = (member.manifest for member in self.members)
        return sum(manifest.size_bytes for manifest in manifests if not manifest.is_index)


def group_by_root(judged: Iterable[JudgedManifest]) -> list[PlannedImageGroup]:
    """`judged` have the same verdict. A manifest with several parents is in the group of its
    nearest parent."""
    by_digest = {each.manifest.digest: each for each in judged}
    members: defaultdict[str, list[JudgedManifest]] = defaultdict(list)
    for digest, member in by_digest.items():
        root = _root(member, by_digest)
        if digest != root:
            members[root].append(member)
        else:
            members[root]
    return [PlannedImageGroup(by_digest[root], tuple(others)) for root, others in members.items()]


def _root(member: JudgedManifest, same_verdict: Mapping[str, JudgedManifest]) -> str:
    """The digest of the topmost ancestor with the same verdict. In a circle of parents: the lowest
    digest."""
    way = {member.manifest.digest}
    while (parent := member.parent) and parent in same_verdict:
        if parent in way:
            return min(way)
        way.add(parent)
        member = same_verdict[parent]
    return member.manifest.digest
