"""Makes the reports that come by themselves, and tells what came of the rest."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.aws.ecr import EcrRegistry
from bot.core.due import DueOutcome, DueReport, why_not_posted
from bot.core.errors import ServiceError
from bot.core.job_failures import JobFailure
from bot.core.plan_state import PlanState
from bot.core.records import BY_ITSELF, Job, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.sentence import Sentence
from bot.ports import Clock
from bot.render.errors import failure_words
from bot.settings import Settings
from bot.slack.api import CANNOT_POST, PostLimiter, SlackError, post_message
from bot.slack.messages.rest import rest_message
from bot.store.store import Store
from bot.usecases.deletion.lease import Lease, LeaseLostError
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.proposals import Proposal, keep_proposal_open
from bot.usecases.repositories import Found, find_repository
from bot.wiring import Leaving, open_registries
from bot.worker.drafting import Drafter
from bot.worker.foothold import Foothold
from bot.worker.report import without_rights
from bot.worker.told import told_sentence

PLANNED_AGAIN_FOR = timedelta(hours=1)
"""After it was claimed, while AWS or the database fails: then it is told."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueReporter:
    """Does jobs of the kind `due`. May be used by several threads."""

    settings: Settings
    store: Store
    foothold: Foothold
    drafter: Drafter
    pace: PostLimiter
    leaving: Leaving
    clock: Clock

    def do(self, job: Job, lease: Lease) -> None:
        """What became of it is written once, whoever begins it again. Raises LeaseLostError,
        ShutdownError, and ServiceError if Slack, the database or, for a while, AWS fails."""
        report = self._report(job)
        if report is None or report.outcome:
            return
        try:
            registries = open_registries(self.settings)
            found = find_repository(report.repository, registries)
            proposal = self._proposed(found, registries, lease)
        except (LeaseLostError, ShutdownError):
            raise
        except ServiceError as error:
            if self.clock() - job.made_at < PLANNED_AGAIN_FOR:
                raise
            self._fail(report, error)
        except Exception as error:  # noqa: BLE001 - a bug of ours: told, never hidden
            self._fail(report, error)
        else:
            lease.renew()
            self._tell(report, found.repository, proposal)

    def give_up(self, job: Job, why: JobFailure) -> None:
        if report := self._report(job):
            self._settle(replace(report, outcome=DueOutcome.FAILED, error=why))

    def _fail(self, report: DueReport, error: Exception) -> None:
        sentence = told_sentence(error)
        _log.warning("%s cannot be planned: %s", report.name, failure_words(sentence))
        self._settle(replace(report, outcome=DueOutcome.FAILED, error=sentence))

    def _report(self, job: Job) -> DueReport | None:
        local = datetime.fromisoformat(job.payload["local"])
        return self.store.due_report(job.payload["repository"], local)

    def _proposed(
        self, found: Found, registries: Sequence[EcrRegistry], lease: Lease
    ) -> Proposal | None:
        """Open as long as a new one. None: people decided on its plan."""
        plan = self.store.open_plan(found.repository)
        if plan and plan.state is not PlanState.PROPOSED:
            return None
        person = without_rights(BY_ITSELF, self.foothold.place().workspace.id)
        proposal = self.drafter.propose(found, registries, person, lambda *_: self._go_on(lease))
        expires_after = self.settings.approval.expires_after
        kept = keep_proposal_open(self.store, proposal, expires_after, self.clock())
        if kept.record.state is PlanState.EXPIRED:
            return self._proposed(found, registries, lease)
        return kept if kept.record.state is PlanState.PROPOSED else None

    def _go_on(self, lease: Lease) -> None:
        if self.leaving.is_told():
            raise ShutdownError
        lease.expect_not_lost()

    def _tell(self, report: DueReport, repository: RepositoryId, proposal: Proposal | None) -> None:
        channel = self.foothold.place().workspace.rules_of(repository).channel
        if proposal is None or channel is None:
            self._settle(replace(report, outcome=DueOutcome.LEFT_OUT))
            return
        usd = proposal.content.savings.usd_per_month
        if outcome := why_not_posted(proposal.content, report.round.min_saving):
            self._settle(replace(report, outcome=outcome, usd=usd))
        else:
            self._post(proposal.record, channel, report)

    def _post(self, plan: PlanRecord, channel: str, report: DueReport) -> None:
        posted = replace(report, outcome=DueOutcome.POSTED)
        self.pace.wait(channel)
        plan_messages = self.foothold.place().plan_messages
        try:
            remember = partial(self.store.remember_report, posted)
            message = plan_messages.post(plan.id, channel, remember=remember)
        except SlackError as error:
            if error.code not in CANNOT_POST:
                raise
            _log.error("The report of %s cannot be posted: %s", report.name, error)
            sentence = Sentence.of(error)
            self._settle(replace(report, outcome=DueOutcome.FAILED, error=sentence))
        else:
            self.store.gather(self.clock())
            plan_messages.fold_older(message)

    def _settle(self, report: DueReport) -> None:
        self.store.settle_report(report)
        self.store.gather(self.clock())


@dataclass(frozen=True, slots=True)
class RestTeller:
    """Does jobs of the kind `rest`."""

    store: Store
    foothold: Foothold
    pace: PostLimiter

    def do(self, job: Job, lease: Lease) -> None:
        """Raises LeaseLostError, and ServiceError if Slack or the database fails."""
        rest = self.store.rest(job.payload["line"])
        workspace = self.foothold.place().workspace
        channel = workspace.settings.channel_of(rest.round.entry) if rest else None
        if rest is None or channel is None:
            _log.warning("What became of some reports is told nowhere: they have no channel now")
            return
        content = rest_message(rest)
        self.pace.wait(channel)
        lease.renew()
        post_message(workspace.client, "Telling of the other repositories", channel, content)

    def give_up(self, job: Job, why: JobFailure) -> None:
        """The log has it then."""
        if rest := self.store.rest(job.payload["line"]):
            text = rest_message(rest).text
            _log.error("This cannot be told in Slack (%s): %s", failure_words(why), text)
