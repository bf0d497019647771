"""Plans as the store returns them."""

from typing import Any

from bot.core.plan import PlanState
from bot.core.records import Approval, PlanRecord
from bot.core.repository import RepositoryId
from tests.support import NOW

DEMO = "arn:aws:iam::123456789012:user/demo"


def plan_of(repository: RepositoryId, *approvers: str, id_: str = "k3vx9wzp") -> PlanRecord:
    """A plan in execution."""
    approvals: Any = tuple(Approval(by, NOW, version=2) for by in approvers or (DEMO,))
    return PlanRecord(
        id=id_,
        repository=repository,
        version=2,
        state=PlanState.EXECUTING,
        hash="",
        complete=True,
        checked=True,
        manifests=10,
        deletions=1,
        freed_bytes=0,
        proposed_at=NOW,
        expires_at=NOW,
        approvals=(Approval("U0GONE", NOW, version=1), *approvals),
    )
