"""Why a plan cannot begin, and why an approved deletion was skipped, failed or never began: values
with fields. `bot/render/reasons.py` words them, `bot/render/obstacles.py` the `StartProblem`s.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.manifest import ManifestName
from bot.core.plan_problems import PlanProblem
from bot.core.refusal_reasons import ApprovalProblem
from bot.core.repository import RegistryId
from bot.core.verdict_reasons import Reason


@dataclass(frozen=True, slots=True)
class AllSourcesSwitchedOff:
    """No source of usage is on any more."""


@dataclass(frozen=True, slots=True)
class SourceSwitchedOff:
    """After the plan was made."""

    source: str


@dataclass(frozen=True, slots=True)
class NewReplica:
    """Replication carries deletions to a registry that people did not know of."""

    registry: RegistryId


NewPlanProblem: TypeAlias = PlanProblem | AllSourcesSwitchedOff | SourceSwitchedOff | NewReplica
"""What speaks against an approved plan that did not when it was approved."""


@dataclass(frozen=True, slots=True)
class NewPlanProblems:
    """`changes` is never empty."""

    changes: tuple[NewPlanProblem, ...]


@dataclass(frozen=True, slots=True)
class ExecutionDisabled:
    """`execution.enabled: false`"""


@dataclass(frozen=True, slots=True)
class ApprovedHashDiffers:
    """The stored version has another hash than the approvals."""

    version: int


StartProblem: TypeAlias = (
    ExecutionDisabled | ApprovedHashDiffers | NewPlanProblems | ApprovalProblem | ErrorText
)


# what changed since people approved


@dataclass(frozen=True, slots=True)
class AlreadyDeleted:
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


class ManifestRelation(StrEnum):
    """What the other manifest is to this one."""

    INDEX = "index"
    CHILD = "child"
    REFERRER = "referrer"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class NewRelatedManifest:
    """`other` came after the plan was made."""

    other: ManifestName
    relation: ManifestRelation


@dataclass(frozen=True, slots=True)
class ManifestTextUnreadable:
    """Without its text nobody could tell later what was in it."""


# what happens to the others of its group


@dataclass(frozen=True, slots=True)
class SkippedWith:
    """It shares the verdict of `other`, which is skipped for `reason`."""

    other: ManifestName
    reason: "ResultReason"


@dataclass(frozen=True, slots=True)
class PartOfSkipped:
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
class StoppedByPerson:
    """`by`: a Slack user's id or an AWS ARN."""

    by: str


@dataclass(frozen=True, slots=True)
class StoppedBySettings:
    """Of the worker that took the run over. `cause`: what they do not allow."""

    cause: StartProblem


@dataclass(frozen=True, slots=True)
class TooManyFailedDeletions:
    """`failed` of `tried` deletions."""

    failed: int
    tried: int


EarlyEndCause: TypeAlias = (
    StoppedByPerson | StoppedBySettings | TooManyFailedDeletions | NewPlanProblems | ErrorText
)
"""Why a run ends before all is deleted."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """The run ended before."""

    cause: EarlyEndCause


SkipReason: TypeAlias = (
    AlreadyDeleted
    | TagsChanged
    | PushedAgain
    | RestoredSince
    | PulledSince
    | ArchivedSince
    | KeptNow
    | NewRelatedManifest
    | ManifestTextUnreadable
    | SkippedWith
    | PartOfSkipped
    | NotReached
)

FailureReason: TypeAlias = RefusedByEcr | ErrorText

ResultReason: TypeAlias = Reason | SkipReason | FailureReason
"""Of an image that was deleted, skipped or failed. Deleted ones have the plan's own reason."""
