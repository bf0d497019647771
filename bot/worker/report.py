"""Plans what somebody in Slack asked for, and posts the report."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from bot.aws.ecr import EcrRegistry
from bot.core.authority import SlackPerson
from bot.core.errors import RequestError
from bot.core.job_failures import JobFailure
from bot.core.records import Job, PlanRecord
from bot.render.errors import failure_words
from bot.settings import Settings
from bot.slack.messages.answers import failed_message, planning_message
from bot.slack.requested_reports import ReportPlaceholder
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease, LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.repositories import Found, find_repositories
from bot.wiring import Leaving, open_registries
from bot.worker.drafting import Drafter
from bot.worker.foothold import Foothold
from bot.worker.told import told

MOST_REPORTS = 10
"""That one request may bring."""

_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """`repository` as somebody wrote it; `user` is who; `ts`: of the message that says that it is
    being looked at, None if there is none."""

    repository: str
    channel: str
    user: str
    ts: str | None

    @classmethod
    def of(cls, job: Job) -> Self:
        payload = job.payload
        return cls(
            payload["repository"], payload["channel"], payload["user"], payload.get("ts") or None
        )


@dataclass(frozen=True, slots=True)
class Reporter:
    """Does jobs of the kind `report`. May be used by several threads."""

    settings: Settings
    store: Store
    foothold: Foothold
    drafter: Drafter
    leaving: Leaving

    def do(self, job: Job, lease: Lease) -> None:
        """Whatever hinders a plan is told in its place. Raises LeaseLostError, ShutdownError, and
        ServiceError if Slack or the database does not take what there is to tell."""
        request = Request.of(job)
        try:
            registries = open_registries(self.settings)
            found = _found(request.repository, registries)
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            _log.warning("%s cannot be looked up: %s", request.repository, told(error))
            self._placeholder(request).show_failure(failed_message(told(error)))
            return
        for number, each in enumerate(found):
            placeholder = self._placeholder(request if number == 0 else request._replace(ts=None))
            _Report(self, request, lease, placeholder, each, registries).make()

    def give_up(self, job: Job, why: JobFailure) -> None:
        request = Request.of(job)
        sentence = f"{request.repository} cannot be reported: {failure_words(why)}"
        self._placeholder(request).show_failure(failed_message(sentence))

    def _placeholder(self, request: Request) -> ReportPlaceholder:
        place = self.foothold.place()
        return ReportPlaceholder(place.workspace.client, place.hasty, request.channel, request.ts)


@dataclass(frozen=True, slots=True)
class _Report:
    """Of one repository."""

    reporter: Reporter
    request: Request
    lease: Lease
    placeholder: ReportPlaceholder
    found: Found
    registries: Sequence[EcrRegistry]

    def make(self) -> None:
        name = self.found.repository.name
        try:
            plan = self._propose()
        except (LeaseLostError, ShutdownError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            sentence = f"{name} cannot be planned: {told(error)}"
            _log.warning("%s", sentence)
            self.placeholder.show_failure(failed_message(sentence))
        else:
            self.lease.renew()
            plan_messages = self.reporter.foothold.place().plan_messages
            plan_messages.post(plan.id, self.request.channel, in_place_of=self.placeholder.ts)

    def _propose(self) -> PlanRecord:
        workspace = self.reporter.foothold.place().workspace
        person = without_rights(self.request.user, workspace.id)
        drafter = self.reporter.drafter
        return drafter.propose(self.found, self.registries, person, self._progress).record

    def _progress(self, step: str, done: int, total: int | None, _note: str = "", /) -> None:
        if self.reporter.leaving.is_told():
            raise ShutdownError
        self.lease.expect_not_lost()
        name = self.found.repository.name
        self.placeholder.show_progress(lambda: planning_message(name, step, done, total or 0))


def without_rights(user: str, workspace: str) -> SlackPerson:
    """Whoever asks for a plan needs none, and gets none by it."""
    return SlackPerson(user, workspace, is_guest=True, groups=None)


def _found(argument: str, registries: Sequence[EcrRegistry]) -> Sequence[Found]:
    """Raises RequestError also if they are too many."""
    found = find_repositories(argument, registries)
    if len(found) > MOST_REPORTS:
        raise RequestError(
            f"{argument} fits {len(found):,} repositories, and one request brings at most "
            f"{MOST_REPORTS} reports: narrow it"
        )
    return found
