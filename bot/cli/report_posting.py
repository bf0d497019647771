"""Posts reports in Slack without receiving events from it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.bootstrap.slack import (
    Workspace,
    open_block_fallback,
    open_digest_messages,
    open_plan_messages,
    with_block_fallback,
)
from bot.cli.exit_status import ExitStatusCollector
from bot.core.digests import Digest
from bot.core.errors import ServiceError
from bot.core.records import PlanMessage
from bot.core.report_schedules import (
    SUMMARIZED_OUTCOMES,
    ReportOutcome,
    RoundSummary,
    ScheduleEntry,
)
from bot.process import system_clock
from bot.render.stored_plans import PostedReport
from bot.slack.api import PostLimiter, message_link
from bot.slack.digest_messages import DigestMessages
from bot.slack.plan_messages import PlanMessages
from bot.slack.requested_reports import RateLimitedReportPoster, post_summary
from bot.usecases.digests import digest_of_round
from bot.usecases.reports import PlannedReport, Reports

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class ReportPoster:
    """Prints on standard error why a report cannot be posted, and adds it to `outcome`."""

    reports: Reports
    workspace: Workspace
    plan_messages: PlanMessages
    digests: DigestMessages
    limiter: PostLimiter
    outcome: ExitStatusCollector

    def post_round(
        self, planned: Sequence[PlannedReport], entry: ScheduleEntry
    ) -> Iterator[PostedReport]:
        """Posts the reports of a round as the worker does: as one digest, or one by one with a
        summary. `entry`: with the ID of its channel."""
        reports = tuple(each.in_round() for each in planned)
        summary = RoundSummary(reports[0].round, reports, ())
        digest = digest_of_round(self.reports.store, summary, entry, system_clock())
        if digest:
            yield from self._post_digest(digest, planned)
            return
        for each in planned:
            yield from self.post(each)
        if summarized := [each for each in planned if each.outcome in SUMMARIZED_OUTCOMES]:
            yield from self._post_summary(summarized)

    def post(self, planned: PlannedReport) -> Iterator[PostedReport]:
        """Posts a report that is not summarized."""
        try:
            message = self._deliver(planned)
        except ServiceError as error:
            self.outcome.failed(error)
            return
        if message is None:
            return
        posted = self._posted(planned, message.ts)
        if self.plan_messages.is_shown(message):
            yield posted
        else:
            self.outcome.failed(_incomplete_report(posted))

    def _post_digest(
        self, digest: Digest, planned: Sequence[PlannedReport]
    ) -> Iterator[PostedReport]:
        """Stores the reports as ready first, so that a worker posts the digest if this process
        cannot."""
        store, now = self.reports.store, system_clock()
        reports = [each.in_round() for each in planned]
        ready = [each for each in reports if each.outcome is ReportOutcome.READY]
        self.limiter.wait(digest.channel)
        try:
            store.add_reports(reports, now)
            digest = self.digests.post(digest)
            for report in ready:
                store.record_report(replace(report, outcome=ReportOutcome.POSTED), now)
            self.digests.update(digest.id)
        except ServiceError as error:
            self.outcome.failed(error)
        if digest.ts:
            for each in planned:
                if each.outcome is not ReportOutcome.LEFT_OUT:
                    yield self._posted(each, digest.ts)

    def _deliver(self, planned: PlannedReport) -> PlanMessage | None:
        if planned.outcome is ReportOutcome.READY:
            return self.reports.post_ready(planned.in_round(), _channel(planned))
        return self.reports.deliver(planned)

    def _post_summary(self, summarized: list[PlannedReport]) -> Iterator[PostedReport]:
        channel = _channel(summarized[0])
        reports = tuple(each.in_round() for each in summarized)
        self.limiter.wait(channel)
        try:
            ts = post_summary(
                self.workspace.client, channel, RoundSummary(reports[0].round, reports, ())
            )
        except ServiceError as error:
            self.outcome.failed(error)
            return
        for each in summarized:
            yield self._posted(each, ts)

    def _posted(self, planned: PlannedReport, ts: str) -> PostedReport:
        proposal, channel = planned.proposal, _channel(planned)
        assert proposal, "reports without a plan are left out"
        usd = proposal.content.savings.usd_per_month
        link = message_link(self.workspace.url, channel, ts)
        is_ready = planned.outcome is ReportOutcome.READY
        outcome = ReportOutcome.POSTED if is_ready else planned.outcome
        return PostedReport(proposal.record, usd, outcome, channel, ts, link)


def open_report_poster(
    workspace: Workspace, store: "Store", expires_after: timedelta, outcome: ExitStatusCollector
) -> ReportPoster:
    workspace = with_block_fallback(workspace, open_block_fallback(workspace, store))
    plan_messages = open_plan_messages(workspace, store)
    limiter = PostLimiter(time.monotonic, time.sleep)
    messages = RateLimitedReportPoster(plan_messages, limiter)
    reports = Reports(store, messages, system_clock, expires_after)
    digests = open_digest_messages(workspace, store)
    return ReportPoster(reports, workspace, plan_messages, digests, limiter, outcome)


def _channel(planned: PlannedReport) -> str:
    channel = planned.request.channel
    assert channel, "reports without a channel are left out"
    return channel


def _incomplete_report(posted: PostedReport) -> ServiceError:
    return ServiceError(
        f"The report of {posted.plan.repository.name} has only its first line ({posted.link}), "
        "since Slack refused the rest: a running `ecr-clean serve` completes it; otherwise, post "
        "it again"
    )
