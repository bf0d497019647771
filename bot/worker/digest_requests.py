"""Starts the round of a digest that a user requested."""

import logging
from dataclasses import dataclass

from bot.bootstrap.usecases import open_report_scheduler
from bot.core.digests import Digest
from bot.core.errors import ServiceError
from bot.core.records import QueuedJob
from bot.core.report_schedules import LISTING_TIMEOUT, JobFailure, ReportRound, entry_named
from bot.render.errors import failure_words
from bot.slack.messages.digest_notices import empty_digest_message
from bot.slack.messages.report_progress import failed_message
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease
from bot.worker.report_maker import ReportMaker

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RequestedDigestHandler:
    """Lists the repositories of a digest and queues their reports. May be used by several
    threads."""

    store: Store
    maker: ReportMaker

    def do(self, job: QueuedJob, _lease: Lease) -> None:
        """Raises ServiceError, for LISTING_TIMEOUT, if a registry cannot be listed."""
        digest = self.store.digest(job.payload["digest"])
        scheduler = open_report_scheduler(self.maker.settings, self.store, _log.warning)
        entry = entry_named(digest.entry, scheduler.entries) if digest else None
        if digest is None or entry is None:
            _log.warning("A requested digest is not made: the settings have no such entry any more")
            return
        now = self.maker.clock()
        round_ = ReportRound(entry.name, digest.local, entry.min_saving)
        if not scheduler.start_requested(round_, entry, now):
            if now - job.made_at < LISTING_TIMEOUT:
                raise ServiceError(f"Registries of the digest of {entry.name} cannot be listed")
        elif not self.store.digest_reports(digest):
            digests = self.maker.slack.services().digests
            digests.end(digest, empty_digest_message(entry.name))

    def give_up(self, job: QueuedJob, why: JobFailure) -> None:
        if digest := self.store.digest(job.payload["digest"]):
            digests = self.maker.slack.services().digests
            digests.end(digest, failed_message(_failure(digest, why)))


def _failure(digest: Digest, why: JobFailure) -> str:
    return f"The digest of {digest.entry} cannot be made: {failure_words(why)}"
