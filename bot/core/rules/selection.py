"""What rules see and what they answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Protocol

from bot.core.manifest import Manifest
from bot.core.patterns import Patterns
from bot.core.verdict_reasons import AgeEvent, AgeStart, NotKeptByRule, Reason, TagPatterns


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """A manifest, and of it and all that hangs on it when the last was pushed, restored from the
    archive, and pulled. `young_since`: when the last was pushed, restored or renewed. UTC; None if
    ECR tells no time, or it was never restored or pulled."""

    manifest: Manifest
    last_push: datetime | None
    last_restoration: datetime | None
    young_since: datetime | None
    last_pull: datetime | None


@dataclass(frozen=True, slots=True)
class RuleCandidates:
    """What rules choose from.

    `groups` have a root as head; `tagged_parts` hang on others, but their own tags may
    keep them. `ranked` are the roots that are images or indexes (or artifacts treated like them)
    and that have a push time, youngest first by `age_key`, equal ones by digest. `unranked` have
    names too, but take no place among the builds: tagged children and referrers. `renewed_at`: by
    digest when an image that was there before got a tag, or lost its last one.
    """

    groups: tuple[ImageGroup, ...]
    tagged_parts: tuple[ImageGroup, ...]
    ranked: tuple[Manifest, ...]
    unranked: tuple[Manifest, ...]
    now: datetime
    renewed_at: Mapping[str, datetime]


def young_since(manifest: Manifest, renewed_at: Mapping[str, datetime]) -> datetime | None:
    """When it was pushed, restored or renewed, whichever was last."""
    times = (manifest.pushed_at, manifest.restored_at, renewed_at.get(manifest.digest))
    return max(filter(None, times), default=None)


def age_key(manifest: Manifest, renewed_at: Mapping[str, datetime]) -> tuple[datetime, datetime]:
    """Lower is older. Among what one scan found renewed the push decides: the scan cannot tell
    which was first. Only for what has a push time."""
    since = young_since(manifest, renewed_at)
    assert since is not None
    assert manifest.pushed_at is not None
    return since, manifest.pushed_at


def age_event(
    manifest: Manifest, since: datetime, renewed_at: Mapping[str, datetime]
) -> AgeStart | None:
    """What happened to the manifest itself at that time; None for nothing."""
    if since == manifest.pushed_at:
        return AgeStart(AgeEvent.PUSHED, since)
    if since == manifest.restored_at:
        return AgeStart(AgeEvent.RESTORED, since)
    if since == renewed_at.get(manifest.digest):
        event = AgeEvent.TAGGED if manifest.tags else AgeEvent.UNTAGGED
        only_tag = manifest.tags[0] if len(manifest.tags) == 1 else None
        return AgeStart(event, since, only_tag)
    return None


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """Both by digest: what the rule keeps, and what it is about and does not keep."""

    kept: Mapping[str, Reason]
    passed_over: Mapping[str, NotKeptByRule] = field(default_factory=dict)


class Rule(Protocol):
    @property
    def name(self) -> str:
        """The rule's key in the settings and in the reasons of a plan."""

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        """The roots that this rule keeps, and dependents that it keeps alone by their tags."""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A manifest belongs if one of its tags matches `tags` and none of `except_tags`; each tag
    is looked at by itself. `tags` None matches any tag."""

    tags: Patterns | None = None
    except_tags: Patterns = field(default_factory=Patterns)

    @property
    def narrows(self) -> bool:
        return self.tags is not None or bool(self.except_tags.globs)

    def narrowed(self, candidates: RuleCandidates) -> Iterator[ImageGroup]:
        """The families that belong; dependents only by their own tags."""
        if not self.narrows:
            yield from candidates.groups
            return
        for group in chain(candidates.groups, candidates.tagged_parts):
            if self.belongs(group.manifest.tags):
                yield group

    def belongs(self, tags: tuple[str, ...]) -> bool:
        return any(map(self.matches, tags))

    def matches(self, tag: str) -> bool:
        return (self.tags is None or self.tags.match(tag)) and not self.except_tags.match(tag)

    @property
    def group(self) -> TagPatterns:
        return TagPatterns(self.tags.globs if self.tags else (), self.except_tags.globs)
