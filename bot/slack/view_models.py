"""Stored state and settings, as messages of plans and the Home tab show them. Times are UTC, sizes
bytes, prices USD per GB per month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.core.plan import Plan
from bot.core.records import AuditEvent, ImageOutcome, Pause, PlanItem, PlanRecord, RepositoryPin
from bot.core.storage_totals import StorageTotals


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in one of its messages.

    `scanned_at`: the time of the last scan that found the content unchanged. `counts`: digests by
    outcome; `told`: some of the skipped and failed ones, failed first. `here`: the channel of the
    message; `home`: the only channel in which the plan can be approved, None if there is none.
    `saved_bytes`: freed by all runs of the bot so far. `why_not_started`: why the run could not
    start and the plan was proposed again. `needs_typing`: the approver has to type the repository's
    name. `last_event`: the last event of the plan except refusals, None if unknown. `pause`: while
    set, no deletion starts.
    """

    plan: PlanRecord
    content: Plan
    scanned_at: datetime
    counts: Mapping[ImageOutcome, int]
    told: Sequence[PlanItem]
    required: int
    here: str
    home: str | None
    report_only: bool
    usd_per_gb_month: float
    saved_bytes: int
    why_not_started: str | None
    now: datetime
    needs_typing: bool
    last_event: AuditEvent | None
    pause: Pause | None

    @property
    def done(self) -> int:
        """Digests with a result."""
        return sum(n for outcome, n in self.counts.items() if outcome is not ImageOutcome.PENDING)


class NextReport(NamedTuple):
    """The next run of an entry of `reports`. `repositories`: its patterns, as written in the
    settings; `channel`: an id."""

    at: datetime
    repositories: Sequence[str]
    channel: str


class LinkedPlan(NamedTuple):
    """`link`: to its newest message, None if it has none."""

    plan: PlanRecord
    link: str | None


class PlanResult(NamedTuple):
    """A plan whose deletion ran, wholly or in part."""

    plan: PlanRecord
    counts: Mapping[ImageOutcome, int]


@dataclass(frozen=True, slots=True)
class HomeView:
    """The Home tab of one person. `open_plans`: the newest; `more_plans`: the number of the others.
    `pins`: those of all people that expire soon, soonest first. `saved_bytes`: freed by all runs of
    the bot so far."""

    user: str
    storage: StorageTotals
    saved_bytes: int
    usd_per_gb_month: float
    pause: Pause | None
    open_plans: Sequence[LinkedPlan]
    more_plans: int
    pins: Sequence[RepositoryPin]
    next_reports: Sequence[NextReport]
    last_runs: Sequence[PlanResult]
    now: datetime
