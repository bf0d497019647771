"""Why a plan cannot begin, or a run cannot go on: values with fields.

`bot/render/obstacles.py` words them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from bot.core.decision_reasons import ApprovalLack
from bot.core.obstacles import Obstacle
from bot.core.repository import RegistryId
from bot.core.sentence import Sentence


@dataclass(frozen=True, slots=True)
class NothingLookedAt:
    """No source of usage is on any more."""


@dataclass(frozen=True, slots=True)
class SourceSwitchedOff:
    """After the plan was made."""

    source: str


@dataclass(frozen=True, slots=True)
class DeletedThereToo:
    """Replication carries deletions to a registry that people did not know of."""

    registry: RegistryId


GroundChange: TypeAlias = Obstacle | NothingLookedAt | SourceSwitchedOff | DeletedThereToo
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
