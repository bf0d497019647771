"""Handles queued jobs: scheduled reports, requested reports, and summaries of rounds."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.planning import open_planner, open_registries
from bot.bootstrap.processes import Shutdown
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.sources import CompletedScan, open_sources
from bot.bootstrap.storage import open_storage_with
from bot.bootstrap.usecases import open_authority, open_proposer
from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.permissions import SlackUser
from bot.core.records import BOT_ACTOR, QueuedJob
from bot.core.report_schedules import (
    REPORT_JOB,
    SUMMARY_JOB,
    JobFailure,
    ReportFailure,
    ReportOutcome,
    ScheduledReport,
)
from bot.core.repository import RepositoryId
from bot.ports import Clock, Progress, ScanMemory
from bot.render.errors import any_error_sentence, any_error_words, failure_words
from bot.render.hints import Surface
from bot.settings.model import Settings
from bot.slack.api import CANNOT_POST, PostLimiter, SlackError
from bot.slack.messages.answers import refused
from bot.slack.messages.report_progress import failed_message, planning_message, summary_message
from bot.slack.requested_reports import RateLimitedReportPoster, ReportPlaceholder, post_summary
from bot.store.store import Store
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.deletion.lease import Lease, LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.proposals import Proposal
from bot.usecases.reports import (
    REPORT,
    PlannedReport,
    ReportRequest,
    Reports,
    RequestedReport,
    expect_at_most_max_reports,
)
from bot.usecases.repositories import FoundRepository, find_repositories, find_repository
from bot.worker.slack_updates import SlackAccess

SCAN_SHARED_FOR = timedelta(minutes=1)

PLANNING_RETRIED_FOR = timedelta(hours=1)
"""How long planning is retried while AWS or the database fails. Then the summary shows the
failure."""

ShowProgress = Callable[[str, int, int], None]
"""Takes the step of planning, what is done, and the total; 0 if the total is unknown."""

_log = logging.getLogger(__name__)


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
        return is_newer_than_plan and self.clock() - scan.at < SCAN_SHARED_FOR


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


class JobHandler(Protocol):
    """Handles jobs of one kind."""

    def do(self, job: QueuedJob, lease: Lease) -> None:
        """Raises LeaseLostError, ShutdownError, and ServiceError if the job is to be retried."""

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        """Shows why the job was not done."""


@dataclass(frozen=True, slots=True)
class JobHandlers:
    """The handlers of all kinds of jobs. All of them post in Slack."""

    by_kind: Mapping[str, JobHandler]
    slack: SlackAccess

    def expect_ready(self) -> None:
        """Raises RequestError or ServiceError while Slack cannot be used."""
        self.slack.services()

    def do(self, job: QueuedJob, lease: Lease) -> None:
        self.by_kind[job.kind].do(job, lease)

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        self.by_kind[job.kind].give_up(job, why)


def open_job_handlers(
    settings: Settings, store: Store, slack: SlackAccess, shutdown: Shutdown, clock: Clock
) -> JobHandlers:
    authority = open_authority(settings)
    scans = ReportScans(settings, authority, store, clock)
    planner = ReportPlanner(settings, store, scans, authority)
    limiter = PostLimiter(time.monotonic, shutdown.sleep)
    maker = ReportMaker(settings, store, slack, planner, limiter, shutdown, clock)
    return JobHandlers(
        {
            REPORT: RequestedReportHandler(maker),
            REPORT_JOB: ScheduledReportHandler(store, maker, clock),
            SUMMARY_JOB: RoundHandler(store, maker),
        },
        slack,
    )


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


@dataclass(frozen=True, slots=True)
class ScheduledReportHandler:
    """Makes a scheduled report. May be used by several threads."""

    store: Store
    maker: ReportMaker
    clock: Clock

    def do(self, job: QueuedJob, lease: Lease) -> None:
        """Stores the outcome once, however often the job is retried. Raises LeaseLostError,
        ShutdownError, and ServiceError if Slack, the database or, for PLANNING_RETRIED_FOR, AWS
        fails."""
        report = self._report(job)
        if report is None or report.outcome:
            return
        try:
            planned = self._plan(report, lease)
        except (LeaseLostError, ShutdownError):
            raise
        except ServiceError as error:
            if self.clock() - job.made_at < PLANNING_RETRIED_FOR:
                raise
            self._not_planned(report, error)
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            self._not_planned(report, error)
        else:
            lease.renew()
            self.maker.reports().deliver(planned)

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        if report := self._report(job):
            self._fail(report, why)

    def _report(self, job: QueuedJob) -> ScheduledReport | None:
        local = datetime.fromisoformat(job.payload["local"])
        return self.store.scheduled_report(job.payload["repository"], local)

    def _plan(self, report: ScheduledReport, lease: Lease) -> PlannedReport:
        registries = self.maker.registries()
        found = find_repository(report.repository, registries)
        channel = self.maker.slack.services().workspace.rules_of(found.repository).channel
        request = ReportRequest(found.repository, channel, report.round, is_claimed=True)
        progress = self.maker.progress(lease, _no_progress)
        return self.maker.plan(request, found, registries, BOT_ACTOR, progress)

    def _not_planned(self, report: ScheduledReport, error: Exception) -> None:
        _log.warning("%s cannot be planned: %s", report.name, any_error_words(error))
        self._fail(report, any_error_sentence(error))

    def _fail(self, report: ScheduledReport, why: ReportFailure) -> None:
        self.maker.reports().settle(replace(report, outcome=ReportOutcome.FAILED, error=why))


@dataclass(frozen=True, slots=True)
class RequestedReportHandler:
    """Makes the reports that a Slack user requests, and shows their progress. May be used by
    several threads."""

    maker: ReportMaker

    def do(self, job: QueuedJob, lease: Lease) -> None:
        """If planning fails, shows why in place of the report. If the request is wrong, only the
        requester sees why. Raises LeaseLostError, ShutdownError, and ServiceError if Slack or the
        database fails."""
        requested = RequestedReport.of(job)
        try:
            registries = self.maker.registries()
            found = _found(requested.repository, registries)
        except RequestError as error:
            content = refused(error)
            self._placeholder(requested).show_refusal(requested.user, content)
            return
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            _log.warning("%s cannot be looked up: %s", requested.repository, any_error_words(error))
            self._placeholder(requested).show_failure(
                failed_message(any_error_words(error, Surface.SLACK))
            )
            return
        for each in found:
            self._report(each, registries, requested, lease)
            requested = replace(requested, placeholder=None)

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        requested = RequestedReport.of(job)
        sentence = f"{requested.repository} cannot be reported: {failure_words(why)}"
        self._placeholder(requested).show_failure(failed_message(sentence))

    def _report(
        self,
        found: FoundRepository,
        registries: Sequence[EcrRegistry],
        requested: RequestedReport,
        lease: Lease,
    ) -> None:
        name, placeholder = found.repository.name, self._placeholder(requested)

        def show(step: str, done: int, total: int) -> None:
            placeholder.show_progress(lambda: planning_message(name, step, done, total))

        request = ReportRequest(found.repository, requested.channel, placeholder=placeholder.ts)
        try:
            progress = self.maker.progress(lease, show)
            planned = self.maker.plan(request, found, registries, requested.user, progress)
        except (LeaseLostError, ShutdownError):
            raise
        except Exception as error:  # noqa: BLE001 - internal errors are logged
            _log.warning("%s cannot be planned: %s", name, any_error_words(error))
            words = any_error_words(error, Surface.SLACK)
            placeholder.show_failure(failed_message(f"{name} cannot be planned: {words}"))
        else:
            lease.renew()
            self.maker.reports().deliver(planned)

    def _placeholder(self, requested: RequestedReport) -> ReportPlaceholder:
        slack = self.maker.slack.services()
        return ReportPlaceholder(
            slack.workspace.client,
            slack.client_without_retries,
            requested.channel,
            requested.placeholder,
        )


def _no_progress(step: str, done: int, total: int) -> None:
    """Scheduled reports show no progress."""


def _found(argument: str, registries: Sequence[EcrRegistry]) -> Sequence[FoundRepository]:
    """Raises RequestError also if there are more than MAX_REPORTS."""
    found = find_repositories(argument, registries)
    expect_at_most_max_reports(argument, [each.repository for each in found])
    return found


@dataclass(frozen=True, slots=True)
class RoundHandler:
    """Posts a round: its reports, and the summary of those without a message."""

    store: Store
    maker: ReportMaker

    def do(self, job: QueuedJob, lease: Lease) -> None:
        """Posts each report once, however often the job is retried. Raises LeaseLostError, and
        ServiceError if Slack or the database fails."""
        round_ = self.store.round_summary(job.payload["line"])
        workspace = self.maker.slack.services().workspace
        channel = workspace.settings.channel_of(round_.round.entry) if round_ else None
        if round_ is None or channel is None:
            _log.warning("A round of reports is not posted: its settings entry has no channel")
            return
        for report in round_.ready:
            lease.renew()
            self._post(report, channel)
        if rest := self.store.round_summary(job.payload["line"]):
            self.maker.limiter.wait(channel)
            lease.renew()
            post_summary(workspace.client, channel, rest)

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        """Another summary has the reports that were not posted. Without such reports, logs the
        summary."""
        rest = self.store.round_summary(job.payload["line"])
        ready, now = rest.ready if rest else (), self.maker.clock()
        for report in ready:
            failed = replace(report, outcome=ReportOutcome.FAILED, error=why)
            self.store.record_report(failed, now)
        self.store.queue_summaries(now)
        if rest and not ready:
            text = summary_message(rest).text
            _log.error("A round cannot be posted in Slack (%s): %s", failure_words(why), text)

    def _post(self, report: ScheduledReport, channel: str) -> None:
        """Records why if the channel takes no posts."""
        try:
            self.maker.reports().post_ready(report, channel)
        except SlackError as error:
            if error.code not in CANNOT_POST:
                raise
            _log.error("The report of %s cannot be posted: %s", report.name, error)
            failed = replace(report, outcome=ReportOutcome.FAILED, error=ErrorText.of(error))
            self.maker.reports().settle(failed)
