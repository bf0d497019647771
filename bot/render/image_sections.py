"""The images of a plan in sections: by reason, or as the result of a search for a tag."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import filterfalse
from typing import assert_never

from bot.core.image_groups import PlannedImageGroup
from bot.core.text_formatting import first_few, short_digest
from bot.core.verdict_reasons import (
    AmongNewest,
    CapturedGroup,
    InInactiveGroup,
    InUse,
    NoRuleKeeps,
    NotAmongNewest,
    NotAmongNewestVersions,
    NotKeptByRule,
    Reason,
    Verdict,
)
from bot.core.version_tags import RELEASES
from bot.render.image_counts import (
    count_images,
    image_words,
    kept_by_reason,
    kept_reason_words,
    newest_words,
    without_texts,
)
from bot.render.newest_words import newest_versions_words, not_active_words, placeholder_words
from bot.render.plan_summary import PlanSummary, why
from bot.render.reasons import short_reason_words, user_words

NO_PLACE = 9

_ANY_TIME = datetime.min.replace(tzinfo=UTC)


class SectionKind(Enum):
    """`PULLED`: images to delete that were pulled recently. `REASON`: images with a common reason.
    `FOUND`: the result of a search."""

    PULLED = auto()
    REASON = auto()
    FOUND = auto()


@dataclass(frozen=True, slots=True)
class ListedImage:
    """An image group in a section. `tags`: of all of its manifests, those of the root first.
    `pulled_at`: set if it was pulled recently, although the plan deletes it. UTC."""

    group: PlannedImageGroup
    tags: tuple[str, ...]
    pulled_at: datetime | None

    @property
    def digest(self) -> str:
        return self.group.root.manifest.digest

    @property
    def name(self) -> str:
        return self.tags[0] if self.tags else short_digest(self.digest)

    @property
    def whole_reason(self) -> str:
        return why(self.group.root)

    @property
    def own_reason(self) -> str:
        """The reasons that the heading of a section does not have."""
        root = self.group.root
        if root.verdict is Verdict.DELETE:
            return ""
        return "; ".join(map(_own_words, filterfalse(_is_in_heading, root.reasons)))


@dataclass(frozen=True, slots=True)
class ImageSection:
    """`heading`: the common reason, and the number of images; empty unless the kind is `REASON`."""

    kind: SectionKind
    heading: str
    images: Sequence[ListedImage]


def deleted_sections(summary: PlanSummary) -> Sequence[ImageSection]:
    """Images that were pulled recently come first. The other sections and their images: largest
    first."""
    pulls = {each.group.root.manifest.digest: each.at for each in summary.recent_pulls}
    pulled = [_listed(each.group, pulled_at=each.at) for each in summary.recent_pulls]
    others = [group for group in summary.deleted_groups if group.root.manifest.digest not in pulls]
    sections = [ImageSection(SectionKind.PULLED, "", pulled)] if pulled else []
    return [*sections, *sorted(_deleted_by_reason(others), key=_listed_bytes, reverse=True)]


def kept_sections(summary: PlanSummary) -> Sequence[ImageSection]:
    """Images in use come first, then pinned ones, then the other sections, most images first.
    Images: last pushed first."""
    return [
        ImageSection(SectionKind.REASON, kept_reason_words(groups), list(map(_listed, groups)))
        for groups in kept_by_reason(summary.kept_groups)
    ]


def found_sections(summary: PlanSummary, verdict: Verdict, text: str) -> Sequence[ImageSection]:
    """The images with a tag or digest that contains `text`, in upper or lower case: the tag itself
    first, then tags that start with it, then the others."""
    pulls = {each.group.root.manifest.digest: each.at for each in summary.recent_pulls}
    groups = summary.deleted_groups if verdict is Verdict.DELETE else summary.kept_groups
    found = [(near, group) for group in groups if (near := _nearness(group, text)) is not None]
    found.sort(key=lambda each: each[0])
    images = [
        _listed(group, pulled_at=pulls.get(group.root.manifest.digest), first=text)
        for _, group in found
    ]
    return [ImageSection(SectionKind.FOUND, "", images)] if images else []


def best_verdict(summary: PlanSummary, text: str, before: Verdict) -> Verdict:
    """The verdict of the image that matches best; `before`, if no other verdict is better."""

    def nearness(verdict: Verdict) -> int:
        groups = summary.deleted_groups if verdict is Verdict.DELETE else summary.kept_groups
        found = (_nearness(group, text) for group in groups)
        return min((each for each in found if each is not None), default=NO_PLACE)

    return min(Verdict, key=lambda each: (nearness(each), each is not before))


def _deleted_by_reason(groups: Iterable[PlannedImageGroup]) -> Iterator[ImageSection]:
    found: defaultdict[Hashable, list[PlannedImageGroup]] = defaultdict(list)
    for group in groups:
        found[_common_reason(group.root.reasons[0])].append(group)
    for some in found.values():
        words = _deleted_because(some[0].root.reasons[0], some)
        heading = f"{words} · {image_words(count_images(some))}"
        yield ImageSection(SectionKind.REASON, heading, list(map(_listed, some)))


def _common_reason(reason: Reason) -> Hashable:
    """The same for images with the same heading."""
    if not isinstance(reason, NoRuleKeeps):
        return None
    passed_over = tuple(map(_without_image, reason.passed_over))
    return passed_over, reason.missing_subject is None, reason.is_tagged


def _without_image(passed_over: NotKeptByRule) -> NotKeptByRule:
    """The rule, without what it says about one image."""
    match passed_over:
        case NotAmongNewest(_, of, CapturedGroup() as group):
            return NotAmongNewest(0, of, without_texts(group))
        case NotAmongNewest():
            return replace(passed_over, rank=0)
        case InInactiveGroup(_, group):
            return InInactiveGroup(0, without_texts(group), _ANY_TIME)
        case NotAmongNewestVersions():
            return replace(passed_over, version="")
        case _:
            assert_never(passed_over)


def _deleted_because(reason: Reason, groups: Sequence[PlannedImageGroup]) -> str:
    if not isinstance(reason, NoRuleKeeps):
        return "other reasons"
    if reason.passed_over:
        return ", ".join(_not_kept(each, groups) for each in reason.passed_over)
    if reason.missing_subject:
        return "referrers of images that are gone"
    return "not kept by any rule" if reason.is_tagged else "no tag"


def _not_kept(passed_over: NotKeptByRule, groups: Sequence[PlannedImageGroup]) -> str:
    match passed_over:
        case NotAmongNewest(_, of, group):
            return f"not among the {of:,} newest {newest_words(of, group, groups)}"
        case InInactiveGroup(_, group):
            return f"{placeholder_words(group)} {not_active_words(group)}"
        case NotAmongNewestVersions(is_released=True):
            return "pre-releases of released versions"
        case NotAmongNewestVersions(_, majors, minors, patches):
            return f"not among {newest_versions_words(majors, minors, patches, RELEASES)}"
        case _:
            assert_never(passed_over)


def _is_in_heading(reason: Reason) -> bool:
    """A heading does not name the groups of `per`."""
    if not isinstance(reason, AmongNewest) or isinstance(reason.group, CapturedGroup):
        return False
    return reason.since is None


def _own_words(reason: Reason) -> str:
    if isinstance(reason, InUse):
        return f"used by {first_few([user_words(user) for user in reason.users])}"
    return short_reason_words(reason)


def _listed_bytes(section: ImageSection) -> int:
    return sum(image.group.listed_bytes for image in section.images)


def _listed(
    group: PlannedImageGroup, *, pulled_at: datetime | None = None, first: str = ""
) -> ListedImage:
    """`first`: the tags that match it best come first."""
    tags = list(dict.fromkeys(_tags(group)))
    if first:
        tags.sort(key=lambda tag: _nearness_of(tag, first))
    return ListedImage(group, tuple(tags), pulled_at)


def _tags(group: PlannedImageGroup) -> Iterator[str]:
    for member in group.members:
        yield from member.manifest.tags


def _nearness(group: PlannedImageGroup, text: str) -> int | None:
    """0: a tag equals the text. None: no tag and no digest contains it."""
    names = (*_tags(group), *(member.manifest.digest for member in group.members))
    best = min(_nearness_of(name, text) for name in names)
    return best if best < NO_PLACE else None


def _nearness_of(name: str, text: str) -> int:
    if name == text:
        return 0
    lower, typed = name.lower(), text.lower()
    if lower == typed:
        return 1
    if lower.startswith(typed):
        return 2
    return 3 if typed in lower else NO_PLACE
