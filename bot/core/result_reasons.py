"""Why a run cannot start or ends early, and why an image was skipped or failed: values with fields.

`bot/render/reasons.py` has the sentences, `bot/render/plan_problem_sentences.py` those of
`StartProblem`.
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
    """All usage sources are switched off now."""


@dataclass(frozen=True, slots=True)
class SourceSwitchedOff:
    """Switched off after the plan was made."""

    source: str


@dataclass(frozen=True, slots=True)
class NewReplicaRegistry:
    """Replication repeats deletions in a registry that the approved plan does not name."""

    registry: RegistryId


NewPlanProblem: TypeAlias = (
    PlanProblem | AllSourcesSwitchedOff | SourceSwitchedOff | NewReplicaRegistry
)
"""A problem of an approved plan that it did not have when it was approved."""


@dataclass(frozen=True, slots=True)
class NewPlanProblems:
    """`changes` is never empty."""

    changes: tuple[NewPlanProblem, ...]


@dataclass(frozen=True, slots=True)
class ExecutionDisabled:
    """`execution.enabled: false`"""


@dataclass(frozen=True, slots=True)
class ApprovedHashDiffers:
    """The stored version has another hash than its approvals."""

    version: int


StartProblem: TypeAlias = (
    ExecutionDisabled | ApprovedHashDiffers | NewPlanProblems | ApprovalProblem | ErrorText
)


# what changed since people approved


@dataclass(frozen=True, slots=True)
class AlreadyDeleted:
    """The image is no longer in ECR, and this run did not delete it."""


@dataclass(frozen=True, slots=True)
class TagsChanged:
    before: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PushedAgain:
    """Deleted after the plan was made, and pushed again at this time. UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RestoredAfterPlanning:
    """Archived after the plan was made, and restored at this time. UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PulledAfterPlanning:
    at: datetime


@dataclass(frozen=True, slots=True)
class ArchivedAfterPlanning:
    """ECR reports another status than active."""


@dataclass(frozen=True, slots=True)
class KeptByRulesNow:
    """`reason`: the first that is not inherited."""

    reason: Reason


class ManifestRelation(StrEnum):
    """What another manifest is to this one."""

    INDEX = "index"
    CHILD = "child"
    REFERRER = "referrer"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class NewRelatedManifest:
    """`other` was added after the plan was made."""

    other: ManifestName
    relation: ManifestRelation


@dataclass(frozen=True, slots=True)
class ManifestTextUnreadable:
    """The manifest could not be copied to the store before its deletion."""


# parts of a skipped image


@dataclass(frozen=True, slots=True)
class SkippedWithRelated:
    """Inherits the verdict of `other`, which is skipped for `reason`."""

    other: ManifestName
    reason: "ResultReason"


@dataclass(frozen=True, slots=True)
class PartOfSkipped:
    """Part of `other`, which is skipped for `reason`."""

    other: ManifestName
    reason: "ResultReason"


# calls, and the end of a run


@dataclass(frozen=True, slots=True)
class RefusedByEcr:
    """`code` and `sentence`: from ECR (API reference, ImageFailure)."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StoppedByPerson:
    """`by`: a Slack user ID or an AWS ARN."""

    by: str


@dataclass(frozen=True, slots=True)
class StoppedBySettings:
    """Stopped by the settings of the worker that took the run over."""

    cause: StartProblem


@dataclass(frozen=True, slots=True)
class TooManyFailedDeletions:
    """`failed` of `tried` deletions."""

    failed: int
    tried: int


EarlyEndCause: TypeAlias = (
    StoppedByPerson | StoppedBySettings | TooManyFailedDeletions | NewPlanProblems | ErrorText
)
"""Why a run ends early."""


@dataclass(frozen=True, slots=True)
class NotReachedInRun:
    """The run ended before it deleted the image."""

    cause: EarlyEndCause


SkipReason: TypeAlias = (
    AlreadyDeleted
    | TagsChanged
    | PushedAgain
    | RestoredAfterPlanning
    | PulledAfterPlanning
    | ArchivedAfterPlanning
    | KeptByRulesNow
    | NewRelatedManifest
    | ManifestTextUnreadable
    | SkippedWithRelated
    | PartOfSkipped
    | NotReachedInRun
)

FailureReason: TypeAlias = RefusedByEcr | ErrorText

ResultReason: TypeAlias = Reason | SkipReason | FailureReason
"""Why an image was deleted, skipped or failed. Deleted images have the reason of the plan."""
