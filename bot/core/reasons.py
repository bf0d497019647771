"""Why a manifest stays or goes, for people."""

from enum import StrEnum
from typing import NamedTuple


class RuleName(StrEnum):
    """What a reason rests on. The last two speak for deletions; `FOLLOWS` for both."""

    TAGS = "tags"
    NEWEST = "newest"
    PUSHED_WITHIN = "pushed_within"
    PULLED_WITHIN = "pulled_within"
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


class Reason(NamedTuple):
    rule: RuleName
    detail: str


class Verdict(StrEnum):
    KEEP = "keep"
    DELETE = "delete"
