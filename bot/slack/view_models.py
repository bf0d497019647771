"""The data that messages of plans and the Home tab show, from stored state and settings. Times are
UTC, sizes bytes, prices USD per GB per month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.plan import Plan
from bot.core.records import AuditEvent, ImageOutcome, Pause, PlanItem, PlanRecord, RepositoryPin
from bot.core.storage_totals import StorageTotals
from bot.render.plan_summary import PlanSummary


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in one of its messages, with its summary.

    `scanned_at`: the time of the last scan that found the content unchanged. `counts`: digests by
    outcome; `listed_items`: the first skipped and failed digests, failed ones first. `channel`: of
    the message; `approval_channel`: the only channel in which the plan can be approved, None if
    there is none. `saved_bytes`: freed by all runs of the bot so far. `why_not_started`: why the
    run could not start, so the plan is proposed again. `needs_typing`: the approver must type the
    repository's name. `undo_window`: between the last approval and the deletion. `last_event`: the
    last event of the plan except refusals, None if unknown. `pause`: no deletion starts while it is
    set.
    """

    plan: PlanRecord
    summary: PlanSummary
    scanned_at: datetime
    counts: Mapping[ImageOutcome, int]
    listed_items: Sequence[PlanItem]
    required_approvals: int
    channel: str
    approval_channel: str | None
    report_only: bool
    usd_per_gb_month: float
    saved_bytes: int
    why_not_started: str | None
    now: datetime
    needs_typing: bool
    undo_window: timedelta
    last_event: AuditEvent | None
    pause: Pause | None

    @property
    def content(self) -> Plan:
        return self.summary.plan

    @property
    def done(self) -> int:
        """Digests with a result."""
        return sum(n for outcome, n in self.counts.items() if outcome is not ImageOutcome.PENDING)


class ApproverList(NamedTuple):
    """The approvers in the settings, as Slack knows them: IDs of users and user groups. `people`:
    the number of different users, including members of the groups; None if a lookup failed."""

    users: Sequence[str]
    groups: Sequence[str]
    people: int | None


class NextReport(NamedTuple):
    """The next scheduled run of an entry of `reports`. `repositories`: its patterns, as in the
    settings; `channel`: an ID."""

    at: datetime
    repositories: Sequence[str]
    channel: str


class LinkedPlan(NamedTuple):
    """A plan with a link to its newest message, None if it has no message."""

    plan: PlanRecord
    link: str | None


class PlanResult(NamedTuple):
    """A plan that was executed, in whole or in part, with its numbers of digests by outcome."""

    plan: PlanRecord
    counts: Mapping[ImageOutcome, int]


@dataclass(frozen=True, slots=True)
class HomeView:
    """The Home tab of one user. `open_plans`: the newest; `more_plans`: the number of the others.
    `pins`: of all users, that expire soon, soonest first. `saved_bytes`: freed by all runs of the
    bot so far."""

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
