"""Keeps the newest images among those whose tags match, or the newest of each group of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import ClassVar, TypeAlias, TypeVar

from bot.core.manifest import Manifest
from bot.core.rules.selection import (
    RuleCandidates,
    RuleSelection,
    TagFilter,
    age_event,
    age_key,
    young_since,
)
from bot.core.rules.tag_groups import Grouping
from bot.core.verdict_reasons import (
    AgeStart,
    AmongNewest,
    CapturedGroup,
    InInactiveGroup,
    NewestGroup,
    NotAmongNewest,
)

Members: TypeAlias = Mapping[NewestGroup, Sequence[Manifest]]
"""By group, its roots, newest first."""

Inactive: TypeAlias = Mapping[NewestGroup, datetime]
"""The groups whose youngest root is older than `active_within`, with its time."""

_NotKept: TypeAlias = NotAmongNewest | InInactiveGroup
RankedReason = TypeVar("RankedReason", AmongNewest, _NotKept)


@dataclass(frozen=True, slots=True)
class NewestRule:
    """Keeps the `count` newest images, with `per` those of each group. Images that are kept for
    other reasons count too. An image in several groups is kept if one of them keeps it.

    An image is as old as its last push, its last restoration from the archive, or its last new tag
    if it existed before: a promotion. Tagged parts and referrers do not count. They are kept if
    fewer than `count` images are newer.
    """

    count: int
    filter: TagFilter
    per: Grouping | None = None
    name: ClassVar[str] = "newest"

    def select(self, candidates: RuleCandidates) -> RuleSelection:
        members = self._members(candidates.ranked)
        inactive = self._inactive(members, candidates)
        kept = [
            *self._kept_roots(members, inactive, candidates.retagged_at),
            *self._kept_parts(members, inactive, candidates),
        ]
        kept_by_digest = _by_digest(kept)
        not_kept = _by_digest(self._not_kept(members, inactive))
        return RuleSelection(
            kept_by_digest, {d: why for d, why in not_kept.items() if d not in kept_by_digest}
        )

    def could_keep(self, tag: str) -> bool:
        return self.count > 0 and bool(self._groups_of((tag,)))

    def _groups_of(self, names: Iterable[str]) -> Sequence[NewestGroup]:
        matching = list(filter(self.filter.matches, names))
        if self.per:
            return self.per.groups_of(matching, self.filter.group)
        return [self.filter.group] if matching else []

    def _members(self, ranked: Iterable[Manifest]) -> Members:
        members: defaultdict[NewestGroup, list[Manifest]] = defaultdict(list)
        for image in ranked:
            for group in self._groups_of(image.names):
                members[group].append(image)
        return members

    def _inactive(self, members: Members, candidates: RuleCandidates) -> Inactive:
        if self.per is None or self.per.active_within is None:
            return {}
        oldest = candidates.now - self.per.active_within
        times = {each.manifest.digest: each.young_since for each in candidates.groups}
        found = {
            group: max(filter(None, (times[image.digest] for image in images)))
            for group, images in members.items()
        }
        return {group: youngest for group, youngest in found.items() if youngest < oldest}

    def _kept_roots(
        self, members: Members, inactive: Inactive, retagged_at: Mapping[str, datetime]
    ) -> Iterator[tuple[str, AmongNewest]]:
        for group, images in members.items():
            if group not in inactive:
                for rank, image in enumerate(images[: self.count], start=1):
                    since = _age_start(image, retagged_at)
                    yield image.digest, AmongNewest(rank, self.count, group, since=since)

    def _kept_parts(
        self, members: Members, inactive: Inactive, candidates: RuleCandidates
    ) -> Iterator[tuple[str, AmongNewest]]:
        """Tagged parts and referrers take no place in their groups."""
        retagged_at = candidates.retagged_at

        @cache
        def oldest_first(group: NewestGroup) -> Sequence[tuple[datetime, datetime]]:
            return [age_key(image, retagged_at) for image in reversed(members.get(group, ()))]

        for part in candidates.unranked:
            for group in self._groups_of(part.names):
                ages = oldest_first(group)
                newer = len(ages) - bisect_right(ages, age_key(part, retagged_at))
                if newer < self.count and group not in inactive:
                    yield part.digest, AmongNewest(newer + 1, self.count, group, by_own_tag=True)

    def _not_kept(self, members: Members, inactive: Inactive) -> Iterator[tuple[str, _NotKept]]:
        for group, images in members.items():
            if youngest := inactive.get(group):
                assert isinstance(group, CapturedGroup)
                for rank, image in enumerate(images, start=1):
                    yield image.digest, InInactiveGroup(rank, group, youngest)
            else:
                for rank, image in enumerate(images[self.count :], start=self.count + 1):
                    yield image.digest, NotAmongNewest(rank, self.count, group)


def _by_digest(reasons: Iterable[tuple[str, RankedReason]]) -> dict[str, RankedReason]:
    """Of an image in several groups, the reason with its best rank."""
    best: dict[str, RankedReason] = {}
    for digest, reason in reasons:
        if digest not in best or reason.rank < best[digest].rank:
            best[digest] = reason
    return best


def _age_start(manifest: Manifest, retagged_at: Mapping[str, datetime]) -> AgeStart | None:
    """Its restoration or new tag, if that and not the push determines its age."""
    since = young_since(manifest, retagged_at)
    if since is None or since == manifest.pushed_at:
        return None
    return age_event(manifest, since, retagged_at)
