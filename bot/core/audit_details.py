"""What the audit says of an event: values with fields. `bot/render/events.py` words them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.errors import ErrorText
from bot.core.permission_reasons import GrantReason
from bot.core.pins import Pin
from bot.core.refusal_reasons import Refusal, UsageFigures
from bot.core.result_reasons import EarlyEndCause, ResultReason, StartProblem

# plans


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """Numbers of manifests."""

    deletions: int
    manifests: int
    complete: bool


@dataclass(frozen=True, slots=True)
class PlanFoundUnchanged:
    """The plan remains open until then. UTC."""

    until: datetime


@dataclass(frozen=True, slots=True)
class ImagesKeptByPins:
    """So many of the images that the version before deleted."""

    images: int
    of: int


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """`approvals` of `required`. `begins_at`: when the deletion begins, if these are enough."""

    reason: GrantReason
    approvals: int
    required: int
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestRefused:
    reason: Refusal


@dataclass(frozen=True, slots=True)
class PlanDismissed:
    """A person dismissed the plan."""


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
    figures: UsageFigures


@dataclass(frozen=True, slots=True)
class PauseStarted:
    """`why` is the person's own text, and may be empty. UTC."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class PauseEnded:
    """Who made the pause that is over."""

    by: str


# runs


@dataclass(frozen=True, slots=True)
class StartPostponed:
    """No worker ran when the plan was `due`. UTC."""

    due: datetime
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class RunStarted:
    approvers: tuple[str, ...]
    host: str


@dataclass(frozen=True, slots=True)
class RunTakenOver:
    """From process `pid` on `from_host`."""

    from_host: str
    pid: int
    host: str


@dataclass(frozen=True, slots=True)
class StartPrevented:
    cause: StartProblem


@dataclass(frozen=True, slots=True)
class RunStoppedAtTakeover:
    """A run that was taken over, and that the settings here do not allow."""

    cause: StartProblem


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Those that are in flight."""


@dataclass(frozen=True, slots=True)
class StoppedBeforeStart:
    """Nothing was deleted."""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """So many images have this reason."""

    images: int
    reason: ResultReason


@dataclass(frozen=True, slots=True)
class DeletedAsApproved:
    """`is_unconfirmed`: ECR's answer was lost, and the images were gone when it was looked up."""

    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class ImagesNotDeleted:
    """`reasons`: the most frequent ones. The receipt has that of each image."""

    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Numbers of images by outcome. `freed_bytes`: by deletions that ECR confirmed; `exact` False:
    at most that. `unconfirmed_bytes`: freed by the `unconfirmed` others. `cause`: why it ended
    before everything was deleted."""

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
