"""Who does which kind of job."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.due import DUE, REST
from bot.core.job_failures import JobFailure
from bot.core.records import Job
from bot.ports import Clock
from bot.settings import Settings
from bot.slack.api import PostLimiter
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease
from bot.usecases.reports import REPORT
from bot.wiring import Leaving, open_authority
from bot.worker.drafting import Drafter
from bot.worker.due import DueReporter, RestTeller
from bot.worker.foothold import Foothold
from bot.worker.hands import Doer
from bot.worker.report import Reporter
from bot.worker.shared_looks import SharedLooks


@dataclass(frozen=True, slots=True)
class Doers:
    """All that they do is for Slack."""

    by_kind: Mapping[str, Doer]
    foothold: Foothold

    def expect_ready(self) -> None:
        """Raises RequestError or ServiceError as long as there is no way into Slack."""
        self.foothold.place()

    def do(self, job: Job, lease: Lease) -> None:
        self.by_kind[job.kind].do(job, lease)

    def give_up(self, job: Job, why: JobFailure) -> None:
        self.by_kind[job.kind].give_up(job, why)


def open_doers(
    settings: Settings, store: Store, foothold: Foothold, leaving: Leaving, clock: Clock
) -> Doers:
    authority = open_authority(settings)
    looks = SharedLooks(settings, authority, store, clock)
    drafter = Drafter(settings, store, looks, authority)
    pace = PostLimiter(time.monotonic, leaving.sleep)
    return Doers(
        {
            REPORT: Reporter(settings, store, foothold, drafter, leaving),
            DUE: DueReporter(settings, store, foothold, drafter, pace, leaving, clock),
            REST: RestTeller(store, foothold, pace),
        },
        foothold,
    )
