"""Counts of images, and why images are kept, as text.

An image is a root that is an image or an index, with its parts. Other roots, such as artifacts, are
counted as manifests.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.core.image_groups import PlannedImageGroup
from bot.core.manifest import ManifestKind
from bot.core.rules.semver import is_release
from bot.core.text_formatting import join_with_or
from bot.core.verdict_reasons import (
    AmongNewest,
    CapturedGroup,
    KeptByTag,
    NewestGroup,
    PulledWithoutMemory,
    Reason,
    RuleName,
    TagPatterns,
)
from bot.render.newest_words import placeholder_words
from bot.render.plan_summary import kept_because
from bot.render.quantities import count

_IMAGES = frozenset({ManifestKind.IMAGE, ManifestKind.INDEX})

_FIRST = (RuleName.IN_USE, RuleName.PINNED)
"""Reasons that come first; the others follow by number."""


class ImageCount(NamedTuple):
    """`images` and `others`: roots; `manifests`: roots and their parts."""

    images: int
    others: int
    manifests: int

    @property
    def unit(self) -> str:
        """What the manifests are called where their number is known but not that of the images."""
        return "image" if self.images == self.manifests else "manifest"


def count_images(groups: Iterable[PlannedImageGroup]) -> ImageCount:
    images = others = manifests = 0
    for group in groups:
        is_image = group.root.manifest.kind in _IMAGES
        images += is_image
        others += not is_image
        manifests += len(group.members)
    return ImageCount(images, others, manifests)


def image_words(number: ImageCount) -> str:
    """`255 images`, `255 images and 4 other manifests`, `4 manifests`."""
    if not number.others:
        return count(number.images, "image")
    if not number.images:
        return count(number.others, "manifest")
    return f"{count(number.images, 'image')} and {count(number.others, 'other manifest')}"


def image_and_manifest_words(number: ImageCount) -> str:
    """As `image_words`, with the number of manifests if it differs: `255 images (1,020
    manifests)`."""
    words = image_words(number)
    if number.manifests == number.images + number.others:
        return words
    return f"{words} ({count(number.manifests, 'manifest')})"


def left_words(groups: Iterable[PlannedImageGroup]) -> str:
    """`254 images are left to delete.`"""
    left = count_images(groups)
    if not left.manifests:
        return "No image is left to delete."
    are = "is" if left.images + left.others == 1 else "are"
    return f"{image_words(left)} {are} left to delete."


def kept_words(groups: Sequence[PlannedImageGroup], most: int) -> str:
    """`3 in use · 9 newest releases · 5 newest `*SNAPSHOT*` · `latest``: how many images each
    reason keeps. An image counts for its first reason. At most `most` reasons."""
    found = kept_by_reason(groups)
    others = sum(len(some) for some in found[most:])
    more = [f"{others:,} for other reasons"] if others else []
    return " · ".join([*map(kept_reason_words, found[:most]), *more])


def kept_by_reason(
    groups: Iterable[PlannedImageGroup],
) -> Sequence[Sequence[PlannedImageGroup]]:
    """The images of each reason: those in use first, then pinned ones, then most first. An image
    counts for its first reason."""
    found: defaultdict[Hashable, list[PlannedImageGroup]] = defaultdict(list)
    for group in groups:
        reason = group.root.reasons[0]
        found[reason.rule, _common_group(reason)].append(group)
    return sorted(found.values(), key=_order)


def _common_group(reason: Reason) -> Hashable:
    """The same for all groups of a rule with `per`. Pulls that `used_within` keeps are apart from
    uses."""
    if isinstance(reason, PulledWithoutMemory):
        return PulledWithoutMemory
    if isinstance(reason, AmongNewest) and isinstance(reason.group, CapturedGroup):
        return without_texts(reason.group)
    return reason.group if isinstance(reason, AmongNewest | KeptByTag) else None


def without_texts(group: CapturedGroup) -> CapturedGroup:
    """The same for all groups of a rule."""
    return replace(group, texts=())


def _order(groups: Sequence[PlannedImageGroup]) -> tuple[int, int]:
    rule = groups[0].root.reasons[0].rule
    return (_FIRST.index(rule) if rule in _FIRST else len(_FIRST), -len(groups))


def kept_reason_words(groups: Sequence[PlannedImageGroup]) -> str:
    """`9 newest releases`, for images with the same reason."""
    number, reason = len(groups), groups[0].root.reasons[0]
    if isinstance(reason, KeptByTag):
        return f"`{reason.tag}`" if number == 1 else f"{number:,} tagged {_patterns(reason.group)}"
    if isinstance(reason, AmongNewest):
        return f"{number:,} newest {newest_words(number, reason.group, groups)}"
    if reason.rule is RuleName.SEMVER:
        return count(number, "newest version")
    return f"{number:,} {kept_because(reason)}"


def newest_words(number: int, group: NewestGroup, groups: Iterable[PlannedImageGroup]) -> str:
    """What the newest of a rule are called: `releases`, `images`, `of their branch`, or the
    patterns of the rule. Only versions are called releases. `groups`: images that the rule applies
    to."""
    if isinstance(group, CapturedGroup):
        return f"of their {placeholder_words(group)}"
    return _newest_of(number, group, groups)


def _newest_of(number: int, patterns: TagPatterns, groups: Iterable[PlannedImageGroup]) -> str:
    if patterns.tags:
        return _patterns(patterns)
    is_all_releases = all(any(map(is_release, each.root.manifest.tags)) for each in groups)
    return ("release" if is_all_releases else "image") + ("" if number == 1 else "s")


def _patterns(patterns: TagPatterns) -> str:
    return join_with_or([f"`{pattern}`" for pattern in patterns.tags])
