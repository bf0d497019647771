"""The data that messages of plans and the Home tab show, from stored state and settings. Times are
UTC, sizes bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, Self

from bot.core.plan import Plan, PlanState
from bot.core.prices import GbPrice, RegionPrices, StorageCost
from bot.core.records import AuditEvent, ImageOutcome, Pause, PlanItem, PlanRecord, RepositoryPin
from bot.core.storage_history import StorageDay
from bot.core.storage_totals import StorageTotals, TotalChange
from bot.render.plan_summary import PlanSummary


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan in one of its messages, with its summary.

    `scanned_at`: the time of the last scan that found the content unchanged. `counts`: digests by
    outcome; `listed_items`: the first skipped and failed digests, failed ones first. `channel`: of
    the message; `approval_channel`: the only channel in which the plan can be approved, None if
    there is none. `saved`: by all runs of the bot so far; `saved_here`: by those in this
    repository. `last_scan`: the last one of an earlier day than `scanned_at` that found the stored
    bytes, None if there is none. `why_not_started`: why the run could not start, so the plan is
    proposed again. `needs_typing`: the approver must type the repository's name. `undo_window`:
    between the last approval and the deletion. `last_event`: the last event of the plan except
    refusals, None if unknown. `pause`: no deletion starts while it is set.
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
    price: GbPrice
    saved: StorageCost
    saved_here: StorageCost
    last_scan: StorageDay | None
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


class LinkedDigest(NamedTuple):
    """A digest that was made at that time. `channel`: an ID."""

    made_at: datetime
    channel: str
    link: str


class LinkedPlan(NamedTuple):
    """A plan with a link to its newest message, None if it has no message."""

    plan: PlanRecord
    link: str | None


class PlanResult(NamedTuple):
    """A plan that was executed, in whole or in part, with its numbers of digests by outcome."""

    plan: PlanRecord
    counts: Mapping[ImageOutcome, int]


class EndedPlan(NamedTuple):
    """A plan that is no longer open, with its numbers of digests by outcome. `last_event`: None if
    unknown."""

    linked: LinkedPlan
    counts: Mapping[ImageOutcome, int]
    last_event: AuditEvent | None


@dataclass(frozen=True, slots=True)
class OpenPlans:
    """Open plans that delete something or are incomplete, those with the largest savings first.
    `approved`: also those that are being executed, which come first. `blocked`: incomplete, so they
    cannot be approved."""

    approved: Sequence[PlanRecord]
    waiting: Sequence[PlanRecord]
    blocked: Sequence[PlanRecord]

    @classmethod
    def of(cls, plans: Iterable[PlanRecord], prices: RegionPrices) -> Self:
        by_saving = sorted(plans, key=partial(_largest_saving_first, prices))
        proposed = [each for each in by_saving if each.state is PlanState.PROPOSED]
        approved = [each for each in by_saving if each.state is not PlanState.PROPOSED]
        return cls(
            approved=sorted(approved, key=lambda plan: plan.state is not PlanState.EXECUTING),
            waiting=[each for each in proposed if each.complete and each.deletions],
            blocked=[each for each in proposed if not each.complete],
        )


def _largest_saving_first(prices: RegionPrices, plan: PlanRecord) -> tuple[float, int, str]:
    usd = prices.cost_of(plan.repository, plan.freed_bytes).usd_per_month
    return -usd, -plan.freed_bytes, plan.repository.name


class FirstPlans(NamedTuple):
    """The first plans of a list, with links. `more`: the number of the others; `freed`: by all
    of them."""

    plans: Sequence[LinkedPlan]
    more: int
    freed: StorageCost

    @property
    def total(self) -> int:
        return len(self.plans) + self.more


@dataclass(frozen=True, slots=True)
class HomeView:
    """The Home tab of one user. `approved`, `waiting`, `blocked`: as in OpenPlans. `pins`: of the
    user, soonest end first. `digest`: the newest one. `change`: of the last week. `saved`: by all
    runs of the bot so far."""

    user: str
    storage: StorageTotals
    change: TotalChange
    saved: StorageCost
    prices: RegionPrices
    pause: Pause | None
    digest: LinkedDigest | None
    approved: FirstPlans
    waiting: FirstPlans
    blocked: FirstPlans
    pins: Sequence[RepositoryPin]
    next_reports: Sequence[NextReport]
    last_runs: Sequence[EndedPlan]
    now: datetime
