"""Why something is refused: values with fields. `bot/render/decisions.py` words them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.permission_reasons import PersonRefusal
from bot.core.pins import Pin
from bot.core.plan import PlanState

# refused because of the plan


@dataclass(frozen=True, slots=True)
class WrongPlanState:
    """The plan of that repository (by name) is past what was asked for."""

    repository: str
    state: PlanState


@dataclass(frozen=True, slots=True)
class OutdatedVersion:
    """`current` counts, and the person saw `seen`."""

    current: int
    seen: int


@dataclass(frozen=True, slots=True)
class PlanIncomplete:
    """Something could not be read."""


@dataclass(frozen=True, slots=True)
class NoSourceEnabled:
    """All sources of usage are switched off."""


@dataclass(frozen=True, slots=True)
class NothingToDelete:
    """The plan is empty."""


# refused because of the settings


@dataclass(frozen=True, slots=True)
class ReportOnlyMode:
    """`execution.enabled: false`"""


@dataclass(frozen=True, slots=True)
class NoApprovalChannel:
    """`reports` gives the repository none."""

    repository: str


@dataclass(frozen=True, slots=True)
class ApprovableOnlyInSlack:
    """`required` approvals are more than one, and those of the command line do not count."""

    required: int


@dataclass(frozen=True, slots=True)
class ApprovableOnlyInChannel:
    """`channel`: its id; None if it has none."""

    repository: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class AlreadyApproved:
    person: str


@dataclass(frozen=True, slots=True)
class RepositoryNameNotTyped:
    """Of the repository, since the plan deletes `deletions` of `manifests`."""

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
    """It can only be replaced by its maker or an approver."""

    pin: Pin
    reason: "Refusal"


# approvals that are not enough


@dataclass(frozen=True, slots=True)
class TooFewApprovals:
    """`counted` of `given` approvals count for the settings here, which require `required`."""

    required: int
    counted: int
    given: int
    reasons: "tuple[Refusal, ...]"


@dataclass(frozen=True, slots=True)
class UndoWindowOpen:
    """The last approval was `waited` before the deletion would begin."""

    undo_window: timedelta
    waited: timedelta


# confirmations of usage


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """What a source lists now, and what it listed before. UTC."""

    source: str
    scope: str
    workloads: int
    at: datetime
    before: int
    before_at: datetime


@dataclass(frozen=True, slots=True)
class WrongWorkloadCount:
    """The person confirmed `workloads`, which is not what is true now."""

    workloads: int
    figures: UsageFigures


@dataclass(frozen=True, slots=True)
class AlreadyPaused:
    """`why` is the person's own text, and may be empty. UTC."""

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
    | WrongWorkloadCount
    | AlreadyPaused
)
