"""Why a manifest is kept or deleted: values with fields.

`bot/render/reasons.py` has the sentences.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, TypeAlias

from bot.core.manifest import ManifestName, UnreadCause
from bot.core.pins import Pin
from bot.core.usage import ImageUser
from bot.core.version_tags import RELEASES, VersionLine


class RuleName(StrEnum):
    """The rule behind a reason. The last two delete; `FOLLOWS` keeps and deletes."""

    TAGS = "tags"
    NEWEST = "newest"
    PUSHED_WITHIN = "pushed_within"
    PULLED_WITHIN = "pulled_within"
    USED_WITHIN = "used_within"
    SEMVER = "semver"
    MIN_AGE = "min_age"
    IN_USE = "in_use"
    PINNED = "pinned"
    ARTIFACT = "artifact"
    ARCHIVED = "archived"
    ORPHAN = "orphan"
    NO_POLICY = "no_policy"
    UNKNOWN = "unknown"
    FOLLOWS = "follows"
    NOTHING_KEEPS = "nothing_keeps"


class Verdict(StrEnum):
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class TagPatterns:
    """The images that a rule applies to: those with a tag that matches one of `tags` and none of
    `except_tags`. Both are patterns; no `tags` means any tag."""

    tags: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CapturedGroup:
    """One of the groups of a rule with `per`: images whose tags have `texts` at the placeholders of
    its pattern. `patterns`: the images that the rule applies to. `active_within`: of the rule."""

    patterns: TagPatterns
    placeholders: tuple[str, ...]
    texts: tuple[str, ...]
    active_within: timedelta | None = None


NewestGroup: TypeAlias = TagPatterns | CapturedGroup
"""The images among which a rule keeps the newest."""


class AgeEvent(StrEnum):
    """What the age of an image counts from. `PART_*`: an event of a child or a referrer."""

    PUSHED = "pushed"
    RESTORED = "restored"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    PART_PUSHED = "part_pushed"
    PART_RESTORED = "part_restored"
    PART_RETAGGED = "part_retagged"


@dataclass(frozen=True, slots=True)
class AgeStart:
    """`at`: in UTC. `tag`: the tag that the image got, if it has no other."""

    event: AgeEvent
    at: datetime
    tag: str | None = None


# kept by the settings' rules


@dataclass(frozen=True, slots=True)
class KeptByTag:
    rule: ClassVar = RuleName.TAGS
    tag: str
    group: TagPatterns


@dataclass(frozen=True, slots=True)
class AmongNewest:
    """`rank` counts from 1, the newest. `by_own_tag`: a child or referrer, which takes no place.
    `since`: why its age counts from another time than its push."""

    rule: ClassVar = RuleName.NEWEST
    rank: int
    of: int
    group: NewestGroup
    by_own_tag: bool = False
    since: AgeStart | None = None


@dataclass(frozen=True, slots=True)
class AmongNewestVersions:
    """None: the rule keeps all of that level. `line`: the versions that were counted."""

    rule: ClassVar = RuleName.SEMVER
    version: str
    majors: int | None
    minors: int | None
    patches: int | None
    line: VersionLine = RELEASES


@dataclass(frozen=True, slots=True)
class PushedRecently:
    rule: ClassVar = RuleName.PUSHED_WITHIN
    within: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class RestoredRecently:
    rule: ClassVar = RuleName.PUSHED_WITHIN
    within: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class PulledRecently:
    rule: ClassVar = RuleName.PULLED_WITHIN
    within: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class UsedRecently:
    """A scan saw the image, or a part of it, in use. As in LastUse."""

    rule: ClassVar = RuleName.USED_WITHIN
    within: timedelta
    at: datetime
    users: tuple[str, ...]
    others: int


@dataclass(frozen=True, slots=True)
class PulledWithoutMemory:
    """Pulled within a time that the remembered scans of usage do not cover. `remembered_since`:
    when they start; None: there are none. UTC."""

    rule: ClassVar = RuleName.USED_WITHIN
    within: timedelta
    at: datetime
    remembered_since: datetime | None


# kept regardless of the rules


@dataclass(frozen=True, slots=True)
class TooYoung:
    rule: ClassVar = RuleName.MIN_AGE
    min_age: timedelta
    since: AgeStart


@dataclass(frozen=True, slots=True)
class InUse:
    rule: ClassVar = RuleName.IN_USE
    users: tuple[ImageUser, ...]


@dataclass(frozen=True, slots=True)
class Pinned:
    rule: ClassVar = RuleName.PINNED
    pin: Pin


@dataclass(frozen=True, slots=True)
class NotContainerImage:
    """`type`: its media or artifact type; None for an index of artifacts."""

    rule: ClassVar = RuleName.ARTIFACT
    type: str | None


@dataclass(frozen=True, slots=True)
class Archived:
    rule: ClassVar = RuleName.ARCHIVED
    is_being_restored: bool


@dataclass(frozen=True, slots=True)
class SubjectNeverSeen:
    """A referrer by its tag: its subject may be in another repository."""

    rule: ClassVar = RuleName.ORPHAN
    subject: str


@dataclass(frozen=True, slots=True)
class NoMatchingPolicy:
    rule: ClassVar = RuleName.NO_POLICY


# kept because something is unknown


@dataclass(frozen=True, slots=True)
class PartOfItself:
    """The manifest lists itself or is its own subject, directly or through others."""

    rule: ClassVar = RuleName.UNKNOWN


@dataclass(frozen=True, slots=True)
class KeptAsUnreadable:
    """`cause` None: only its type is unknown."""

    rule: ClassVar = RuleName.UNKNOWN
    cause: UnreadCause | None


@dataclass(frozen=True, slots=True)
class NoPushTime:
    rule: ClassVar = RuleName.UNKNOWN


@dataclass(frozen=True, slots=True)
class MayBelongToUnreadableIndex:
    """`digest`: an unreadable manifest that may list this one."""

    rule: ClassVar = RuleName.UNKNOWN
    digest: str


@dataclass(frozen=True, slots=True)
class UsageUnknown:
    """`places`: the scans that failed, as `source (scope)`."""

    rule: ClassVar = RuleName.UNKNOWN
    places: tuple[str, ...]


# kept or deleted with parts and parents


@dataclass(frozen=True, slots=True)
class KeptForPart:
    """A child or referrer is kept for `reason`, and so keeps this manifest."""

    part: ManifestName
    reason: "PropagatingReason"

    @property
    def rule(self) -> RuleName:
        return self.reason.rule


@dataclass(frozen=True, slots=True)
class InheritedVerdict:
    """Inherits the verdict of its parent. `is_referrer`: the parent is its subject, not an index.
    `pulled_at`: it is deleted, although it was pulled in the last 30 days. UTC."""

    rule: ClassVar = RuleName.FOLLOWS
    parent: ManifestName
    is_referrer: bool
    pulled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotAmongNewest:
    """`rank` counts from 1, the newest."""

    rank: int
    of: int
    group: NewestGroup


@dataclass(frozen=True, slots=True)
class NotAmongNewestVersions:
    """None: the rule keeps all of that level. `line`: the versions that were counted.
    `is_released`: it is a pre-release, and its release is there."""

    version: str
    majors: int | None
    minors: int | None
    patches: int | None
    line: VersionLine = RELEASES
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class InInactiveGroup:
    """`last`: when the youngest root of the group was pushed, restored, or got a tag. UTC."""

    rank: int
    group: CapturedGroup
    last: datetime


NotKeptByRule: TypeAlias = NotAmongNewest | InInactiveGroup | NotAmongNewestVersions
"""Why a rule that applies to an image does not keep it."""


@dataclass(frozen=True, slots=True)
class NoRuleKeeps:
    """`passed_over`: by the rules that apply to it. `missing_subject`: of a referrer. `pulled_at`:
    as in `InheritedVerdict`. `is_forgotten`: it has tags, and no rule could match any of them."""

    rule: ClassVar = RuleName.NOTHING_KEEPS
    passed_over: tuple[NotKeptByRule, ...] = ()
    missing_subject: str | None = None
    is_tagged: bool = True
    pulled_at: datetime | None = None
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class LegacyReason:
    """Stored by a version that stored reasons as sentences."""

    rule: RuleName
    sentence: str


UnknownReason: TypeAlias = (
    PartOfItself | KeptAsUnreadable | NoPushTime | MayBelongToUnreadableIndex | UsageUnknown
)
PropagatingReason: TypeAlias = UnknownReason | InUse | Archived
"""Reasons that also keep every manifest that this one is a part of. Tags and pins do not."""

Reason: TypeAlias = (
    KeptByTag
    | AmongNewest
    | AmongNewestVersions
    | PushedRecently
    | RestoredRecently
    | PulledRecently
    | UsedRecently
    | PulledWithoutMemory
    | TooYoung
    | Pinned
    | NotContainerImage
    | SubjectNeverSeen
    | NoMatchingPolicy
    | PropagatingReason
    | KeptForPart
    | InheritedVerdict
    | NoRuleKeeps
    | LegacyReason
)
