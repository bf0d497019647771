"""A plan in numbers and image groups, for the terminal and Slack."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from bot.core.image_groups import PlannedImageGroup, group_by_root
from bot.core.judge import JudgedManifest, last_pulls
from bot.core.manifest_graph import build_graph
from bot.core.plan import Plan
from bot.core.text_formatting import short_digest
from bot.core.usage import SOURCES, ImageUser, sorted_users
from bot.core.verdict_reasons import (
    AmongNewest,
    Pinned,
    PulledWithoutMemory,
    Reason,
    RuleName,
    Verdict,
)
from bot.render.newest_words import newest_of_words
from bot.render.reasons import reason_words, short_reason_words

_BY_RULE = {
    RuleName.PINNED: "pinned",
    RuleName.IN_USE: "in use",
    RuleName.TAGS: "kept by tag",
    RuleName.NEWEST: "among the newest of their group",
    RuleName.SEMVER: "among the newest versions",
    RuleName.PUSHED_WITHIN: "pushed recently",
    RuleName.PULLED_WITHIN: "pulled recently",
    RuleName.USED_WITHIN: "in use recently",
    RuleName.MIN_AGE: "too young to delete",
    RuleName.ARTIFACT: "not container images",
    RuleName.ARCHIVED: "archived",
    RuleName.ORPHAN: "referrers of images that may be in another repository",
    RuleName.UNKNOWN: "unknown, since something could not be read",
    RuleName.NO_POLICY: "not covered by a policy",
    RuleName.FOLLOWS: "parts of kept images",
}

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ImageInUse(NamedTuple):
    """An image in use, by its root. `users` is empty if the manifest in use is in another group.
    `by_use_alone`: no other reason keeps the image."""

    root: JudgedManifest
    users: tuple[ImageUser, ...]
    by_use_alone: bool


class RecentPull(NamedTuple):
    """An image group to delete that was pulled in the last 30 days. `at`: the last pull of the root
    or of a manifest that belongs to it. UTC."""

    group: PlannedImageGroup
    at: datetime


@dataclass(frozen=True)
class PlanSummary:
    plan: Plan

    @cached_property
    def kept(self) -> tuple[JudgedManifest, ...]:
        return tuple(each for each in self.plan.judged if each.verdict is Verdict.KEEP)

    @cached_property
    def kept_by_reason(self) -> Sequence[tuple[str, int]]:
        """Reasons with the number of kept manifests, most first. A manifest counts for its first
        reason."""
        return Counter(_because(judged.reasons[0]) for judged in self.kept).most_common()

    @cached_property
    def kept_groups(self) -> Sequence[PlannedImageGroup]:
        """The last pushed first."""
        return sorted(group_by_root(self.kept), key=_push, reverse=True)

    @cached_property
    def deleted_groups(self) -> Sequence[PlannedImageGroup]:
        """Largest first."""
        deleted = (each for each in self.plan.judged if each.verdict is Verdict.DELETE)
        return sorted(group_by_root(deleted), key=lambda group: group.listed_bytes, reverse=True)

    @cached_property
    def used(self) -> Sequence[ImageInUse]:
        """Images that only their use keeps come first, and then the last pushed."""
        found = (
            ImageInUse(group.root, _users(group), _only_use_keeps(group.root))
            for group in self.kept_groups
        )
        used = [each for each in found if each.users or each.by_use_alone]
        return sorted(used, key=lambda each: not each.by_use_alone)

    @cached_property
    def kept_only_by_use(self) -> Sequence[ImageInUse]:
        return [used for used in self.used if used.by_use_alone]

    @cached_property
    def pins(self) -> Sequence[str]:
        """The sentence of each pin, each once. Pinned digests are named by a tag."""
        reasons = (
            _by_tag(reason, judged)
            for judged in self.kept
            for reason in judged.reasons
            if reason.rule is RuleName.PINNED
        )
        return list(dict.fromkeys(map(reason_words, reasons)))

    def name_of_pin(self, pin: str) -> str:
        """For the digest of a tagged image, its first tag."""
        named = (each for each in self.plan.judged if each.manifest.digest == pin)
        return next(map(name_of, named), pin)

    @cached_property
    def recent_pulls(self) -> Sequence[RecentPull]:
        """The last pull comes first."""
        pulled = [group for group in self.deleted_groups if group.root.pulled_recently]
        if not pulled:
            return ()
        pulls = last_pulls(build_graph(each.manifest for each in self.plan.judged))
        found = [RecentPull(group, pulls[group.root.manifest.digest]) for group in pulled]
        return sorted(found, key=lambda each: each.at, reverse=True)

    @cached_property
    def scopes_by_source(self) -> Mapping[str, int]:
        """The sources of usage that could be read, each with the number of scopes."""
        scans = self.plan.usage.scans
        return Counter(scan.source for scan in scans if scan.source in SOURCES and not scan.failure)


def name_of(judged: JudgedManifest) -> str:
    """Its first tag, or its short digest."""
    manifest = judged.manifest
    return manifest.tags[0] if manifest.tags else short_digest(manifest.digest)


def why(judged: JudgedManifest) -> str:
    return "; ".join(map(short_reason_words, judged.reasons))


def _by_tag(reason: Reason, judged: JudgedManifest) -> Reason:
    if isinstance(reason, Pinned) and reason.pin.pin == judged.manifest.digest:
        return Pinned(replace(reason.pin, pin=name_of(judged)))
    return reason


def _because(reason: Reason) -> str:
    """For the newest images, with their class."""
    if isinstance(reason, AmongNewest):
        newest = newest_of_words(reason.of, reason.group)
        return newest if reason.of == 1 else f"among {newest}"
    return kept_because(reason)


def kept_because(reason: Reason) -> str:
    """After a number of images that are kept for this reason."""
    if isinstance(reason, PulledWithoutMemory):
        return _BY_RULE[RuleName.PULLED_WITHIN]
    return _BY_RULE[reason.rule]


def _only_use_keeps(judged: JudgedManifest) -> bool:
    return {reason.rule for reason in judged.reasons} == {RuleName.IN_USE}


def _users(group: PlannedImageGroup) -> tuple[ImageUser, ...]:
    return sorted_users({user for member in group.members for user in member.used_by})


def _push(group: PlannedImageGroup) -> tuple[datetime, str]:
    manifest = group.root.manifest
    return manifest.pushed_at or _LONG_AGO, manifest.digest
