"""Posts a round of reports: as single reports with a summary, or as one digest."""

import logging
from dataclasses import dataclass, replace

from bot.core.digests import Digest
from bot.core.errors import ErrorText
from bot.core.records import QueuedJob
from bot.core.report_schedules import (
    JobFailure,
    ReportOutcome,
    RoundSummary,
    ScheduledReport,
    ScheduleEntry,
    entry_named,
)
from bot.render.errors import failure_words
from bot.slack.api import CANNOT_POST, SlackError
from bot.slack.messages.report_progress import summary_message
from bot.slack.requested_reports import post_summary
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease
from bot.usecases.digests import digest_of_round
from bot.worker.report_maker import ReportMaker

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoundHandler:
    """Posts rounds. May be used by several threads."""

    store: Store
    maker: ReportMaker

    def do(self, job: QueuedJob, lease: Lease) -> None:
        """Posts each report once, however often the job is retried. Raises LeaseLostError, and
        ServiceError if Slack or the database fails."""
        line = job.payload["line"]
        summary = self.store.round_summary(line)
        entry = self._entry(summary) if summary else None
        if summary is None or entry is None or entry.channel is None:
            _log.warning("A round of reports is not posted: its settings entry has no channel")
            return
        if digest := digest_of_round(self.store, summary, entry, self.maker.clock()):
            self._post_digest(digest, summary, lease)
        else:
            self._post_reports(summary, entry.channel, lease)
            self._post_summary(line, entry.channel, lease)

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        """Another summary has the reports that were not posted. Without such reports, logs the
        summary."""
        rest = self.store.round_summary(job.payload["line"])
        ready = rest.ready if rest else ()
        for report in ready:
            self._fail(report, why)
        self.store.queue_summaries(self.maker.clock())
        if rest and not ready:
            text = summary_message(rest).text
            _log.error("A round cannot be posted in Slack (%s): %s", failure_words(why), text)

    def _entry(self, summary: RoundSummary) -> ScheduleEntry | None:
        """With the ID of its channel."""
        settings = self.maker.slack.services().workspace.settings
        return entry_named(summary.round.entry, settings.due_entries())

    def _post_digest(self, digest: Digest, summary: RoundSummary, lease: Lease) -> None:
        """Reports that are settled later join the digest. Once its first line is posted, sweeps
        retry updates that Slack refuses."""
        digests = self.maker.slack.services().digests
        self.maker.limiter.wait(digest.channel)
        lease.renew()
        digests.post(digest)
        now = self.maker.clock()
        for report in summary.ready:
            self.store.record_report(replace(report, outcome=ReportOutcome.POSTED), now)
        try:
            digests.update(digest.id)
        except SlackError as error:
            _log.warning("%s; the next sweep retries it", error)

    def _post_reports(self, summary: RoundSummary, channel: str, lease: Lease) -> None:
        for report in summary.ready:
            lease.renew()
            self._post_report(report, channel)

    def _post_summary(self, line: str, channel: str, lease: Lease) -> None:
        if rest := self.store.round_summary(line):
            self.maker.limiter.wait(channel)
            lease.renew()
            post_summary(self.maker.slack.services().workspace.client, channel, rest)

    def _post_report(self, report: ScheduledReport, channel: str) -> None:
        """Records why if the channel takes no posts."""
        try:
            self.maker.reports().post_ready(report, channel)
        except SlackError as error:
            if error.code not in CANNOT_POST:
                raise
            _log.error("The report of %s cannot be posted: %s", report.name, error)
            self._fail(report, ErrorText.of(error))
            self.store.queue_summaries(self.maker.clock())

    def _fail(self, report: ScheduledReport, why: JobFailure | ErrorText) -> None:
        failed = replace(report, outcome=ReportOutcome.FAILED, error=why)
        self.store.record_report(failed, self.maker.clock())
