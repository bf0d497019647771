"""Details of audit events: values with fields. `bot/render/audit_events.py` has the sentences."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.permission_reasons import GrantReason
from bot.core.pins import Pin
from bot.core.refusal_reasons import Refusal, WorkloadFigures
from bot.core.result_reasons import EarlyEndCause, ResultReason, StartProblem

# plans


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """Counts of manifests."""

    deletions: int
    manifests: int
    complete: bool


@dataclass(frozen=True, slots=True)
class PlanFoundUnchanged:
    """A new scan found the same content. The plan is open until then. UTC."""

    until: datetime


@dataclass(frozen=True, slots=True)
class ImagesKeptByPins:
    """Pins keep `images` of the `of` images to delete. `pins`: those that keep any of them; empty
    in rows of earlier versions of the bot."""

    images: int
    of: int
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """`approvals` of `required`. `begins_at`: when the deletion starts; None if more are needed."""

    reason: GrantReason
    approvals: int
    required: int
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestRefused:
    reason: Refusal


@dataclass(frozen=True, slots=True)
class PlanDismissed:
    """A user dismissed the plan."""


@dataclass(frozen=True, slots=True)
class PlanExpired:
    """The plan expired then, in UTC."""

    expired_at: datetime


# pins, usage, pauses


@dataclass(frozen=True, slots=True)
class PinDetail:
    pin: Pin


@dataclass(frozen=True, slots=True)
class UsageConfirmed:
    figures: WorkloadFigures


@dataclass(frozen=True, slots=True)
class PauseStarted:
    """`why`: written by the person; may be empty. UTC."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class PauseEnded:
    """`by`: who had paused ecr-clean."""

    by: str


# runs


@dataclass(frozen=True, slots=True)
class StartPostponed:
    """No worker started the plan when it was due. UTC."""

    due: datetime
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class RunStarted:
    approvers: tuple[str, ...]
    host: str


@dataclass(frozen=True, slots=True)
class RunTakenOver:
    """The run was taken over from process `pid` on `from_host`."""

    from_host: str
    pid: int
    host: str


@dataclass(frozen=True, slots=True)
class StartPrevented:
    cause: StartProblem


@dataclass(frozen=True, slots=True)
class RunStoppedAtTakeover:
    """The settings of the worker that took the run over do not allow it."""

    cause: StartProblem


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The run stops after the batches in flight."""


@dataclass(frozen=True, slots=True)
class StoppedBeforeStart:
    """The plan was stopped before its run. Nothing was deleted."""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many images have this reason."""

    images: int
    reason: ResultReason


@dataclass(frozen=True, slots=True)
class DeletedAsApproved:
    """`is_unconfirmed`: ECR's answer was lost, and a check found that the images are gone."""

    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class ImagesNotDeleted:
    """`reasons`: the most frequent ones. Each `PlanItem` has its own."""

    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Counts of images by outcome. `freed_bytes`: by deletions that ECR confirmed; `exact` False:
    at most that. `unconfirmed_bytes`: freed by the `unconfirmed` others. `cause`: why the run ended
    early."""

    deleted: int
    skipped: int
    failed: int
    pending: int
    freed_bytes: int
    exact: bool
    unconfirmed: int = 0
    unconfirmed_bytes: int = 0
    cause: EarlyEndCause | None = None


EventDetail: TypeAlias = (
    PlanProposed
    | PlanFoundUnchanged
    | ImagesKeptByPins
    | ApprovalGiven
    | RequestRefused
    | PlanDismissed
    | PlanExpired
    | PinDetail
    | UsageConfirmed
    | PauseStarted
    | PauseEnded
    | StartPostponed
    | RunStarted
    | RunTakenOver
    | StartPrevented
    | RunStoppedAtTakeover
    | StopRequested
    | StoppedBeforeStart
    | DeletedAsApproved
    | ImagesNotDeleted
    | RunEnded
    | ErrorText
)
