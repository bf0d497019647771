"""Plans repositories and posts their reports, with what all jobs of the worker share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.planning import open_planner, open_registries
from bot.bootstrap.processes import Shutdown
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.sources import CompletedScan, open_sources
from bot.bootstrap.storage import open_storage_with
from bot.bootstrap.usecases import open_proposer
from bot.core.permissions import SlackUser
from bot.core.repository import RepositoryId
from bot.ports import Clock, Progress, ScanMemory
from bot.settings.model import Settings
from bot.slack.api import PostLimiter
from bot.slack.requested_reports import RateLimitedReportPoster
from bot.store.store import Store
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.deletion.lease import Lease
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.proposals import Proposal
from bot.usecases.reports import PlannedReport, ReportRequest, Reports
from bot.usecases.repositories import FoundRepository
from bot.worker.slack_updates import SlackAccess

SCAN_SHARED_FOR = timedelta(minutes=1)

ShowProgress = Callable[[str, int, int], None]
"""Takes the step of planning, what is done, and the total; 0 if the total is unknown."""


@dataclass(frozen=True, slots=True)
class ReportScans:
    """Shares usage scans among plans that people decide on."""

    settings: Settings
    authority: AuthorityChecker
    store: Store
    clock: Clock
    shared: SharedScans = field(default_factory=SharedScans)

    def scan(
        self,
        repository: RepositoryId,
        registries: Sequence[EcrRegistry],
        memory: ScanMemory,
        progress: Progress,
    ) -> CompletedScan:
        """Makes a scan, or returns a shared one."""

        def make() -> CompletedScan:
            asked = frozenset([repository.registry])
            sources = open_sources(self.settings, registries, asked)
            return sources.scan_with_other_regions(
                self.settings, self.authority, memory, self.clock, progress
            )

        return self.shared.scan(repository.registry, make, partial(self._can_share, repository))

    def _can_share(self, repository: RepositoryId, scan: CompletedScan) -> bool:
        """False if the repository's open plan is newer than the scan."""
        plan = self.store.open_plan(repository)
        is_newer_than_plan = plan is None or plan.proposed_at <= scan.at
        return is_newer_than_plan and self.clock() - scan.ended_at < SCAN_SHARED_FOR


@dataclass(frozen=True, slots=True)
class ReportPlanner:
    """Plans repositories and stores the plans. May be used by several threads."""

    settings: Settings
    store: Store
    scans: ReportScans
    authority: AuthorityChecker

    def propose(
        self,
        found: FoundRepository,
        registries: Sequence[EcrRegistry],
        person: SlackUser,
        progress: Progress,
    ) -> Proposal:
        """Raises what planning and the store raise."""
        with open_storage_with(self.store) as storage:
            scan = self.scans.scan(found.repository, registries, storage.scans, progress)
            planner = open_planner(self.settings, self.authority, scan, storage, progress)
            return open_proposer(self.settings, self.store, planner, person).propose(found)


@dataclass(frozen=True, slots=True)
class ReportMaker:
    """Makes reports in the worker. May be used by several threads."""

    settings: Settings
    store: Store
    slack: SlackAccess
    planner: ReportPlanner
    limiter: PostLimiter
    shutdown: Shutdown
    clock: Clock

    def reports(self) -> Reports:
        messages = RateLimitedReportPoster(self.slack.services().plan_messages, self.limiter)
        expires_after = self.settings.approval.expires_after
        return Reports(self.store, messages, self.clock, expires_after)

    def registries(self) -> Sequence[EcrRegistry]:
        return open_registries(self.settings)

    def plan(
        self,
        request: ReportRequest,
        found: FoundRepository,
        registries: Sequence[EcrRegistry],
        requester: str,
        progress: Progress,
    ) -> PlannedReport:
        """`requester`: who requested the report. Raises what `Reports.plan` and `progress`
        raise."""
        workspace = self.slack.services().workspace.id
        without_rights = SlackUser(requester, workspace, is_guest=True, groups=None)
        propose = partial(self.planner.propose, found, registries, without_rights, progress)
        return self.reports().plan(request, propose)

    def progress(self, lease: Lease, show: ShowProgress) -> Progress:
        """Every step of planning raises ShutdownError if this process shuts down, and
        LeaseLostError if another worker has the job."""

        def progress(step: str, done: int, total: int | None, _note: str = "", /) -> None:
            if self.shutdown.is_requested():
                raise ShutdownError
            lease.expect_not_lost()
            show(step, done, total or 0)

        return progress
