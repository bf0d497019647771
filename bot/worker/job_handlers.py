"""Handles queued jobs: scheduled and requested reports, digests, and rounds."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.processes import Shutdown
from bot.bootstrap.usecases import open_authority
from bot.core.errors import RequestError, ServiceError
from bot.core.records import BOT_ACTOR, QueuedJob
from bot.core.report_schedules import (
    REPORT_JOB,
    SUMMARY_JOB,
    JobFailure,
    ReportFailure,
    ReportOutcome,
    ScheduledReport,
)
from bot.ports import Clock
from bot.render.errors import any_error_sentence, any_error_words, failure_words
from bot.render.hints import Surface
from bot.settings.model import Settings
from bot.slack.api import PostLimiter
from bot.slack.messages.answers import refused
from bot.slack.messages.report_progress import failed_message, planning_message
from bot.slack.requested_reports import ReportPlaceholder
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease, LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.digests import DIGEST
from bot.usecases.reports import (
    REPORT,
    PlannedReport,
    ReportRequest,
    RequestedReport,
    expect_at_most_max_reports,
)
from bot.usecases.repositories import FoundRepository, find_repositories, find_repository
from bot.worker.digest_requests import RequestedDigestHandler
from bot.worker.report_maker import ReportMaker, ReportPlanner, ReportScans
from bot.worker.round_handler import RoundHandler
from bot.worker.slack_updates import SlackAccess

PLANNING_RETRIED_FOR = timedelta(hours=1)
"""How long planning is retried while AWS or the database fails. Then the summary shows the
failure."""

_log = logging.getLogger(__name__)


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
            DIGEST: RequestedDigestHandler(store, maker),
        },
        slack,
    )


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
