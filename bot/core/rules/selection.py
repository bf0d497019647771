"""What a keep rule receives and returns, and the filter by tags that all rules have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Protocol

from bot.core.last_use import LastUse
from bot.core.manifest import Manifest
from bot.core.patterns import Patterns
from bot.core.verdict_reasons import AgeEvent, AgeStart, NotKeptByRule, Reason, TagPatterns


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """A manifest, and the last times at which it or a part of it was pushed, restored from the
    archive, or pulled. `young_since`: the last push, restoration, or change of tags. UTC; None if
    it never happened, or if ECR has no time. `last_use`: None if no scan saw it in use.
    `is_in_use`: it or a part of it is in use now."""

    manifest: Manifest
    last_push: datetime | None
    last_restoration: datetime | None
    young_since: datetime | None
    last_pull: datetime | None
    last_use: LastUse | None = None
    is_in_use: bool = False


@dataclass(frozen=True, slots=True)
class RuleCandidates:
    """The images that rules select from.

    `groups`: those of the roots. `tagged_parts`: tagged parts, with their own parts; a rule can
    keep them by their tags. `ranked`: the roots that are images, indexes, or artifacts treated like
    images, and that have a push time, newest first by `age_key`, then by digest. `unranked`: tagged
    parts and referrers without a subject, which do not count among the newest. `retagged_at`: by
    digest, when an image that existed before got a tag, or lost its last one. `remembered_since`:
    since when scans of usage are remembered without a gap; None if they are not.
    """

    groups: tuple[ImageGroup, ...]
    tagged_parts: tuple[ImageGroup, ...]
    ranked: tuple[Manifest, ...]
    unranked: tuple[Manifest, ...]
    now: datetime
    retagged_at: Mapping[str, datetime]
    remembered_since: datetime | None = None


def young_since(manifest: Manifest, retagged_at: Mapping[str, datetime]) -> datetime | None:
    """The last push, restoration, or change of tags."""
    times = (manifest.pushed_at, manifest.restored_at, retagged_at.get(manifest.digest))
    return max(filter(None, times), default=None)


def age_key(manifest: Manifest, retagged_at: Mapping[str, datetime]) -> tuple[datetime, datetime]:
    """Lower is older. Push times order the images whose tags changed between the same two scans.
    The manifest must have a push time."""
    since = young_since(manifest, retagged_at)
    assert since is not None
    assert manifest.pushed_at is not None
    return since, manifest.pushed_at


def age_event(
    manifest: Manifest, since: datetime, retagged_at: Mapping[str, datetime]
) -> AgeStart | None:
    """What happened to the manifest at that time, None if nothing did."""
    if since == manifest.pushed_at:
        return AgeStart(AgeEvent.PUSHED, since)
    if since == manifest.restored_at:
        return AgeStart(AgeEvent.RESTORED, since)
    if since == retagged_at.get(manifest.digest):
        event = AgeEvent.TAGGED if manifest.tags else AgeEvent.UNTAGGED
        only_tag = manifest.tags[0] if len(manifest.tags) == 1 else None
        return AgeStart(event, since, only_tag)
    return None


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """By digest, the images that the rule keeps, and those that it matches but does not keep."""

    kept: Mapping[str, Reason]
    not_kept: Mapping[str, NotKeptByRule] = field(default_factory=dict)


class Rule(Protocol):
    @property
    def name(self) -> str:
        """The rule's key in the settings and in the reasons of a plan."""

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        """Selects roots, and tagged parts that the rule keeps without their roots."""

    def could_keep(self, tag: str) -> bool:
        """Whether the rule could keep an image for this tag, if the image were the newest. False
        for rules of time: they keep every image only for a while."""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Matches a manifest if at least one of its tags matches `tags` and not `except_tags`. `tags`
    None: any tag."""

    tags: Patterns | None = None
    except_tags: Patterns = field(default_factory=Patterns)

    @property
    def is_set(self) -> bool:
        return self.tags is not None or bool(self.except_tags.texts)

    def matching_groups(self, candidates: RuleCandidates) -> Iterator[ImageGroup]:
        """The image groups that match; parts only by their own tags."""
        if not self.is_set:
            yield from candidates.groups
            return
        for group in chain(candidates.groups, candidates.tagged_parts):
            if self.matches_any(group.manifest.tags):
                yield group

    def matches_any(self, tags: tuple[str, ...]) -> bool:
        return any(map(self.matches, tags))

    def matches(self, tag: str) -> bool:
        return (self.tags is None or self.tags.match(tag)) and not self.except_tags.match(tag)

    @property
    def group(self) -> TagPatterns:
        return TagPatterns(self.tags.texts if self.tags else (), self.except_tags.texts)
