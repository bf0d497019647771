"""Why a plan cannot begin, and why an approved deletion was skipped, failed or never began: values
with fields. `bot/render/reasons.py` words them, `bot/render/obstacles.py` the `StartObstacle`s.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.core.decision_reasons import ApprovalLack
from bot.core.errors import Sentence
from bot.core.manifest import ManifestName
from bot.core.obstacles import Obstacle
from bot.core.reasons import Reason
from bot.core.repository import RegistryId


@dataclass(frozen=True, slots=True)
class NothingScanned:
    """No source of usage is on any more."""


@dataclass(frozen=True, slots=True)
class SourceSwitchedOff:
    """After the plan was made."""

    source: str


@dataclass(frozen=True, slots=True)
class DeletedThereToo:
    """Replication carries deletions to a registry that people did not know of."""

    registry: RegistryId


GroundChange: TypeAlias = Obstacle | NothingScanned | SourceSwitchedOff | DeletedThereToo
"""What speaks against an approved plan that did not when it was approved."""


@dataclass(frozen=True, slots=True)
class GroundChanged:
    """`changes` is never empty."""

    changes: tuple[GroundChange, ...]


@dataclass(frozen=True, slots=True)
class ExecutionOff:
    """`execution.enabled: false`"""


@dataclass(frozen=True, slots=True)
class NotWhatWasApproved:
    """The stored version has another hash than the approvals."""

    version: int


StartObstacle: TypeAlias = (
    ExecutionOff | NotWhatWasApproved | GroundChanged | ApprovalLack | Sentence
)


# what changed since people approved


@dataclass(frozen=True, slots=True)
class DeletedElsewhere:
    """ECR does not have it any more, and this run did not delete it."""


@dataclass(frozen=True, slots=True)
class TagsChanged:
    before: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PushedAgain:
    """It was deleted after the plan was made, and pushed again at this time. UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RestoredSince:
    """It was archived after the plan was made, and restored at this time. UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PulledSince:
    at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedSince:
    """ECR describes it with another status than active."""


@dataclass(frozen=True, slots=True)
class KeptNow:
    """`reason`: the first that is not that of its parent."""

    reason: Reason


class Relation(StrEnum):
    """What the other manifest is to this one."""

    INDEX = "index"
    CHILD = "child"
    REFERRER = "referrer"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class GotRelative:
    """`other` came after the plan was made."""

    other: ManifestName
    relation: Relation


@dataclass(frozen=True, slots=True)
class TextUnreadable:
    """Without its text nobody could tell later what was in it."""


# what happens to the others of its group


@dataclass(frozen=True, slots=True)
class SkippedWith:
    """It shares the verdict of `other`, which is skipped for `reason`."""

    other: ManifestName
    reason: "ResultReason"


@dataclass(frozen=True, slots=True)
class PartOfKept:
    """It is a part of `other`, which was to be deleted, and stays for `reason`."""

    other: ManifestName
    reason: "ResultReason"


# calls, and the end of a run


@dataclass(frozen=True, slots=True)
class RefusedByEcr:
    """`code` and `sentence` are ECR's own: API reference, ImageFailure."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StoppedBy:
    """`by`: a Slack user's id or an AWS ARN."""

    by: str


@dataclass(frozen=True, slots=True)
class StoppedBySettings:
    """Of the worker that took the run over. `cause`: what they do not allow."""

    cause: StartObstacle


@dataclass(frozen=True, slots=True)
class TooManyFailures:
    """`failed` of `tried` deletions."""

    failed: int
    tried: int


EndCause: TypeAlias = StoppedBy | StoppedBySettings | TooManyFailures | GroundChanged | Sentence
"""Why a run ends before all is deleted."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """The run ended before."""

    cause: EndCause


SkipReason: TypeAlias = (
    DeletedElsewhere
    | TagsChanged
    | PushedAgain
    | RestoredSince
    | PulledSince
    | ArchivedSince
    | KeptNow
    | GotRelative
    | TextUnreadable
    | SkippedWith
    | PartOfKept
    | NotReached
)

FailureReason: TypeAlias = RefusedByEcr | Sentence

ResultReason: TypeAlias = Reason | SkipReason | FailureReason
"""Of an image that was deleted, skipped or failed. Deleted ones have the plan's own reason."""
