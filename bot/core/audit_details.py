"""What the audit says of an event: values with fields. `bot/render/events.py` words them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.decision_reasons import Refusal, UsageFigures
from bot.core.errors import Sentence
from bot.core.person_reasons import Grant
from bot.core.pins import Pin
from bot.core.result_reasons import EndCause, ResultReason, StartObstacle

# plans


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """Numbers of manifests."""

    deletions: int
    manifests: int
    complete: bool


@dataclass(frozen=True, slots=True)
class FoundUnchanged:
    """The plan remains open until then. UTC."""

    until: datetime


@dataclass(frozen=True, slots=True)
class PinsKeep:
    """So many of the images that the version before deleted."""

    images: int
    of: int


@dataclass(frozen=True, slots=True)
class ApprovalCounts:
    """`approvals` of `required`. `begins_at`: when the deletion begins, if these are enough."""

    reason: Grant
    approvals: int
    required: int
    begins_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefusedFor:
    reason: Refusal


@dataclass(frozen=True, slots=True)
class NotThisTime:
    """A person dismissed the plan."""


@dataclass(frozen=True, slots=True)
class NotCarriedOut:
    """The plan expired then, in UTC."""

    expired_at: datetime


# pins, usage, pauses


@dataclass(frozen=True, slots=True)
class PinText:
    pin: Pin


@dataclass(frozen=True, slots=True)
class UsageIsRight:
    figures: UsageFigures


@dataclass(frozen=True, slots=True)
class PausedFor:
    """`why` is the person's own text, and may be empty. UTC."""

    by: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class PausedBefore:
    """Who made the pause that is over."""

    by: str


# runs


@dataclass(frozen=True, slots=True)
class StartsLater:
    """No worker ran when the plan was `due`. UTC."""

    due: datetime
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class RunBegins:
    approvers: tuple[str, ...]
    host: str


@dataclass(frozen=True, slots=True)
class RunTakenOver:
    """From process `pid` on `from_host`."""

    from_host: str
    pid: int
    host: str


@dataclass(frozen=True, slots=True)
class CouldNotBegin:
    cause: StartObstacle


@dataclass(frozen=True, slots=True)
class OnlyStopped:
    """A run that was taken over, and that the settings here do not allow."""

    cause: StartObstacle


@dataclass(frozen=True, slots=True)
class StopsAfterBatches:
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
class NotDeleted:
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
    cause: EndCause | None = None


EventDetail: TypeAlias = (
    PlanProposed
    | FoundUnchanged
    | PinsKeep
    | ApprovalCounts
    | RefusedFor
    | NotThisTime
    | NotCarriedOut
    | PinText
    | UsageIsRight
    | PausedFor
    | PausedBefore
    | StartsLater
    | RunBegins
    | RunTakenOver
    | CouldNotBegin
    | OnlyStopped
    | StopsAfterBatches
    | StoppedBeforeStart
    | DeletedAsApproved
    | NotDeleted
    | RunEnded
    | Sentence
)
