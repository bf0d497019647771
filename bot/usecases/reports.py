"""Makes reports, and queues scheduled and requested reports.

The steps of a report: plan → store → decide whether the plan is posted, summarized or left out →
post → shorten older messages of the plan.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Self

from bot.core.errors import ErrorText, RequestError, ServiceError
from bot.core.permissions import Person, may_ask_for_report
from bot.core.plan import PlanState
from bot.core.policy import ApprovalRules
from bot.core.records import PlanMessage, PlanRecord, QueuedJob
from bot.core.report_schedules import (
    IGNORE_TAG,
    SUMMARIZED_OUTCOMES,
    ReportOutcome,
    ReportRound,
    ScheduledReport,
    ScheduleEntry,
    UnlistedRegistry,
    due_rounds,
    entry_of,
    why_not_posted,
)
from bot.core.repository import RepositoryId
from bot.core.text_formatting import first_few
from bot.parallel import in_parallel
from bot.ports import Clock, Registry, ReportMessages
from bot.usecases.audit import AuditedAction
from bot.usecases.proposals import Proposal, keep_proposal_open

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report of one repository to make. `channel`: its id, None if the settings have none.
    `round`: the round of the report, which posts it; None if a person named the repository, so that
    its plan is posted alone. `is_claimed`: the store has a claim of the report, and gets its
    outcome.
    `placeholder`: the `ts` of the message that becomes the report."""

    repository: RepositoryId
    channel: str | None
    round: ReportRound | None = None
    is_claimed: bool = False
    placeholder: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedReport:
    """A report that was planned. `proposal`: None if people had decided on the repository's plan
    `decided`, so that no new plan was made. `outcome`: POSTED if the report is to be posted, READY
    if its round posts it."""

    request: ReportRequest
    proposal: Proposal | None
    outcome: ReportOutcome
    decided: PlanRecord | None = None

    def in_round(self) -> ScheduledReport:
        """The report's part in its round. Only reports that are summarized have `usd`, and only
        those that are READY or decided a plan."""
        request = self.request
        assert request.round, "only reports of a round are claimed or summarized"
        usd, plan = 0.0, None
        if self.proposal and self.outcome in SUMMARIZED_OUTCOMES:
            usd = self.proposal.content.savings.usd_per_month
        if self.outcome in {ReportOutcome.READY, ReportOutcome.LEFT_OUT}:
            record = self.proposal.record if self.proposal else self.decided
            plan = record.id if record else None
        return ScheduledReport(request.repository.uri, request.round, self.outcome, usd, plan=plan)


@dataclass(frozen=True, slots=True)
class Reports:
    """Makes scheduled reports, reports that Slack users request, and reports of the command line,
    in two steps, since callers handle failures of planning and of posting differently.
    `expires_after`: how long a plan is open."""

    store: "Store"
    messages: ReportMessages
    clock: Clock
    expires_after: timedelta

    def plan(self, request: ReportRequest, propose: Callable[[], Proposal]) -> PlannedReport:
        """Plans the repository, stores the plan, and decides whether the report is posted,
        summarized or left out. `propose` plans and stores. A scheduled report is left out without
        planning if people have decided on the repository's plan.

        Raises what `propose` raises, and ServiceError if the database fails."""
        decided = self._decided_plan(request.repository) if request.round else None
        proposal = None if decided else self._open_proposal(propose)
        return PlannedReport(request, proposal, _outcome(request, proposal), decided)

    def deliver(self, planned: PlannedReport) -> PlanMessage | None:
        """Posts the report, and shortens older messages of its plan in the channel to one line.
        Stores the outcome of a claimed report. Returns None if the report is not posted now.

        Raises ServiceError if posting or the database fails."""
        request, proposal = planned.request, planned.proposal
        if planned.outcome is not ReportOutcome.POSTED:
            if request.is_claimed:
                self.settle(planned.in_round())
            return None
        assert proposal, "reports without a plan are left out"
        assert request.channel, "reports without a channel are left out"
        return self._post(proposal.record.id, request.channel, request.placeholder)

    def post_ready(self, report: ScheduledReport, channel: str) -> PlanMessage:
        """Posts a report that its round posts alone. Raises ServiceError as `deliver`."""
        assert report.plan, "only plans are posted"
        posted = replace(report, outcome=ReportOutcome.POSTED)
        record = partial(self.store.record_posted_report, posted, self.clock())
        return self._post(report.plan, channel, None, record)

    def settle(self, report: ScheduledReport) -> None:
        """Stores the outcome of a claimed report, and queues the job that posts its round if it was
        the last one. Raises ServiceError if the database fails."""
        now = self.clock()
        self.store.record_report(report, now)
        self.store.queue_summaries(now)

    def _post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None,
        save_message: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        message = self.messages.post(plan_id, channel, in_place_of, save_message)
        self.messages.collapse_older(message)
        return message

    def _decided_plan(self, repository: RepositoryId) -> PlanRecord | None:
        plan = self.store.open_plan(repository)
        return None if plan is None or plan.state is PlanState.PROPOSED else plan

    def _open_proposal(self, propose: Callable[[], Proposal]) -> Proposal:
        """Proposes a plan, and gives it the lifetime of a new plan. Plans again if the plan
        expired during planning."""
        while True:
            proposal = propose()
            kept = keep_proposal_open(self.store, proposal, self.expires_after, self.clock())
            if kept.record.state is not PlanState.EXPIRED:
                return kept


def _outcome(request: ReportRequest, proposal: Proposal | None) -> ReportOutcome:
    if request.round is None:
        return ReportOutcome.POSTED
    is_open = proposal and proposal.record.state is PlanState.PROPOSED
    if proposal is None or not is_open or request.channel is None:
        return ReportOutcome.LEFT_OUT
    return why_not_posted(proposal.content, request.round.min_saving) or ReportOutcome.READY


@dataclass(slots=True)
class ReportScheduler:
    """Queues reports that are due. `registries`: by their names in the settings. `since`: earlier
    reports are not made. `warn` gets sentences for the log."""

    store: "Store"
    entries: Sequence[ScheduleEntry]
    registries: Mapping[str, Registry]
    since: datetime
    warn: Callable[[str], None]
    _listed: set[ReportRound] = field(default_factory=set, init=False)

    def __call__(self, now: datetime) -> None:
        """Call it every minute. It retries registries that the last call could not list or store.
        Raises ServiceError if the database fails."""
        rounds = due_rounds(self.entries, self.since, now)
        for registry, waiting in self._not_listed(rounds, now).items():
            self._list(registry, {round_: rounds[round_] for round_ in waiting}, now)
        self.store.queue_summaries(now)

    def start_requested(self, round_: ReportRound, entry: ScheduleEntry, now: datetime) -> bool:
        """Queues the reports of a round that a user requested. False if a registry cannot be
        listed; the next call retries it. Raises ServiceError if the database fails."""
        for registry in self.store.start_round(round_, self.registries, now):
            self._list(registry, {round_: entry}, now)
        return not self.store.start_round(round_, self.registries, now)

    def _not_listed(
        self, rounds: Mapping[ReportRound, ScheduleEntry], now: datetime
    ) -> Mapping[str, Sequence[ReportRound]]:
        """By registry: the rounds for which its repositories are not queued yet."""
        found: defaultdict[str, list[ReportRound]] = defaultdict(list)
        for round_ in (each for each in rounds if each not in self._listed):
            waiting = self.store.start_round(round_, self.registries, now)
            if not waiting:
                self._listed.add(round_)
            for registry in waiting:
                found[registry].append(round_)
        return found

    def _list(self, name: str, rounds: Mapping[ReportRound, ScheduleEntry], now: datetime) -> None:
        registry = self.registries[name]
        try:
            id_, found = registry.id(), list(registry.repositories())
        except (RequestError, ServiceError) as error:
            self.warn(f"{error}; reports of this registry are due, retrying in a minute")
            for round_ in rounds:
                self.store.record_unlisted(round_, UnlistedRegistry(name, ErrorText.of(error)))
            return
        self.store.save_repositories(id_, found, now)
        entries = {repository: entry_of(repository, self.entries) for repository in found}
        posted = [each for each in found if entries[each] in rounds.values()]
        wanted = list(self._not_ignored(registry, posted))
        for round_, entry in rounds.items():
            mine = [repository for repository in wanted if entries[repository] == entry]
            self.store.claim_reports(round_, name, mine, now)

    def _not_ignored(
        self, registry: Registry, repositories: Sequence[RepositoryId]
    ) -> Iterator[RepositoryId]:
        def has_tag(repository: RepositoryId) -> bool:
            return is_ignored(registry, repository, self.warn)

        answers = in_parallel(has_tag, repositories)
        return (each for each, ignored in zip(repositories, answers, strict=True) if not ignored)


def is_ignored(registry: Registry, repository: RepositoryId, warn: Callable[[str], None]) -> bool:
    """Whether the repository's AWS tags exclude it from scheduled reports. False if the tags cannot
    be read."""
    try:
        return IGNORE_TAG in registry.resource_tags(repository)
    except (RequestError, ServiceError) as error:
        warn(f"{error}; the report of {repository.name} is made anyway")
        return False


REPORT = "report"
"""The job kind of requested reports."""

MAX_REPORTS = 10
"""The most reports of one request."""


def expect_at_most_max_reports(argument: str, found: Sequence[RepositoryId]) -> None:
    """`argument`: matches these repositories. Raises RequestError if there are too many."""
    if len(found) > MAX_REPORTS:
        raise RequestError(
            f"{argument} matches {len(found):,} repositories "
            f"({first_few([each.name for each in found])}), but one request makes at most "
            f"{MAX_REPORTS} reports: use a narrower pattern"
        )


@dataclass(frozen=True, slots=True)
class RequestedReport:
    """The content of a job. `repository`: a name, glob or URI as the user typed it. `placeholder`:
    the `ts` of the message that becomes the report, None if a new message is posted."""

    repository: str
    channel: str
    user: str
    placeholder: str | None

    @classmethod
    def of(cls, job: QueuedJob) -> Self:
        payload = job.payload
        placeholder = payload.get("ts") or None
        return cls(payload["repository"], payload["channel"], payload["user"], placeholder)

    def payload(self) -> Mapping[str, str]:
        return {
            "repository": self.repository,
            "channel": self.channel,
            "user": self.user,
            "ts": self.placeholder or "",
        }


@dataclass(frozen=True, slots=True)
class ReportRequestQueue:
    """Queues reports that Slack users request. `rules`: the general approval rules."""

    store: "Store"
    clock: Clock
    rules: ApprovalRules

    def expect_may_request(self, person: Person) -> None:
        """Raises RefusedError if the person may not request reports. The audit has the refusal."""
        action = AuditedAction(self.store, person, self.clock())
        action.expect(may_ask_for_report(person, self.rules))

    def put(
        self, person: Person, repository: str, channel: str, placeholder: str | None = None
    ) -> None:
        """Queues a report. Arguments: as in `RequestedReport`. Raises RefusedError as
        `expect_may_request` does."""
        self.expect_may_request(person)
        requested = RequestedReport(repository, channel, person.name, placeholder)
        self.store.put_job(REPORT, requested.payload(), self.clock())
