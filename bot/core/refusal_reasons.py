"""Why a request is refused: values with fields. `bot/render/refusals.py` has the sentences."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.permission_reasons import PersonRefusal
from bot.core.pins import Pin
from bot.core.plan import PlanState

# refused because of the plan


@dataclass(frozen=True, slots=True)
class WrongPlanState:
    """The state of the plan does not allow the request. `repository`: its name."""

    repository: str
    state: PlanState


@dataclass(frozen=True, slots=True)
class OutdatedVersion:
    """The person saw version `seen`; version `current` is the newest."""

    current: int
    seen: int


@dataclass(frozen=True, slots=True)
class PlanIncomplete:
    """The plan has problems."""


@dataclass(frozen=True, slots=True)
class NoSourceEnabled:
    """All usage sources are switched off."""


@dataclass(frozen=True, slots=True)
class NothingToDelete:
    """The plan deletes no images."""


# refused because of the settings


@dataclass(frozen=True, slots=True)
class ReportOnlyMode:
    """`execution.enabled: false`"""


@dataclass(frozen=True, slots=True)
class NoApprovalChannel:
    """No entry of `reports` has a channel for the repository."""

    repository: str


@dataclass(frozen=True, slots=True)
class ApprovableOnlyInSlack:
    """Several approvals are required, and those of the command line do not count then."""

    required: int


@dataclass(frozen=True, slots=True)
class ApprovableOnlyInChannel:
    """`channel`: the channel ID of the repository; None if it has none."""

    repository: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class AlreadyApproved:
    person: str


@dataclass(frozen=True, slots=True)
class RepositoryNameNotTyped:
    """Required since the plan deletes `deletions` of `manifests`."""

    repository: str
    deletions: int
    manifests: int


@dataclass(frozen=True, slots=True)
class WrongNameTyped:
    repository: str
    typed: str


# refused because of a pin


@dataclass(frozen=True, slots=True)
class PinnedByAnotherPerson:
    """Only the author of the pin or an approver can replace it."""

    pin: Pin
    reason: "Refusal"


# approvals that are not enough


@dataclass(frozen=True, slots=True)
class TooFewApprovals:
    """`counted` of `given` approvals count under these settings, which require `required`."""

    required: int
    counted: int
    given: int
    reasons: "tuple[Refusal, ...]"


@dataclass(frozen=True, slots=True)
class UndoWindowOpen:
    """`waited`: time from the last approval to the start of the deletion."""

    undo_window: timedelta
    waited: timedelta


# confirmations of usage


@dataclass(frozen=True, slots=True)
class WorkloadFigures:
    """How many workloads a source lists now, and how many before. UTC."""

    source: str
    scope: str
    workloads: int
    at: datetime
    before: int
    before_at: datetime


@dataclass(frozen=True, slots=True)
class OutdatedWorkloadCount:
    """The person confirmed `workloads`, but the source lists another number now."""

    workloads: int
    figures: WorkloadFigures


@dataclass(frozen=True, slots=True)
class AlreadyPaused:
    """`why`: written by the person; may be empty. UTC."""

    by: str
    at: datetime
    why: str


ApprovalProblem: TypeAlias = TooFewApprovals | UndoWindowOpen

Refusal: TypeAlias = (
    PersonRefusal
    | WrongPlanState
    | OutdatedVersion
    | PlanIncomplete
    | NoSourceEnabled
    | NothingToDelete
    | ReportOnlyMode
    | NoApprovalChannel
    | ApprovableOnlyInSlack
    | ApprovableOnlyInChannel
    | AlreadyApproved
    | RepositoryNameNotTyped
    | WrongNameTyped
    | PinnedByAnotherPerson
    | OutdatedWorkloadCount
    | AlreadyPaused
)
