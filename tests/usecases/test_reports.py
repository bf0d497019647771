"""The steps of a report: plan, store, decide, post, shorten older messages."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.core.errors import RequestError, ServiceError
from bot.core.permission_reasons import WorkspaceGuest
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanMessage
from bot.core.report_schedules import ReportOutcome, ReportRound
from bot.usecases.proposals import Proposal, expiry
from bot.usecases.reports import (
    PlannedReport,
    ReportRequest,
    ReportRequestQueue,
    Reports,
    RequestedReport,
    expect_at_most_max_reports,
)
from tests.render.builders import HERE
from tests.support import NOW
from tests.usecases.store_env import CAT, WEEK, StoreEnv, content, refused

CHANNEL = "C1"
ROUND = ReportRound("*", NOW.replace(tzinfo=None), min_saving=0.0)
EXPENSIVE = ROUND._replace(min_saving=1_000_000.0)


@dataclass
class PostedReports:
    """Reports as Slack would show them. `error`: makes posting fail."""

    env: StoreEnv
    posted: list[PlanMessage] = field(default_factory=list)
    folded: list[PlanMessage] = field(default_factory=list)
    error: str | None = None

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        save_message: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        if self.error:
            raise ServiceError(self.error)
        message = PlanMessage(plan_id, channel, in_place_of or f"{len(self.posted) + 1}.0")
        (save_message or self.env.store.save_message)(message)
        self.posted.append(message)
        return message

    def collapse_older(self, message: PlanMessage) -> None:
        self.folded.append(message)


@pytest.fixture
def messages(env: StoreEnv) -> PostedReports:
    return PostedReports(env)


@pytest.fixture
def reports(env: StoreEnv, messages: PostedReports) -> Reports:
    return Reports(env.store, messages, env.clock, WEEK)


def make(reports: Reports, request: ReportRequest, proposal: Proposal) -> PlannedReport:
    planned = reports.plan(request, lambda: proposal)
    reports.deliver(planned)
    return planned


def proposal_of(env: StoreEnv, *tags: str) -> Proposal:
    """All but the first tag are deleted."""
    what = content(*tags)
    return Proposal(env.proposed(what), what, is_new=True)


# outcomes


@pytest.mark.parametrize("tags", [("new", "old"), ("new",)])
def test_a_named_repository_always_gets_a_report(
    env: StoreEnv, reports: Reports, messages: PostedReports, tags: tuple[str, ...]
) -> None:
    request = ReportRequest(HERE, CHANNEL, placeholder="7.0")
    assert make(reports, request, proposal_of(env, *tags)).outcome is ReportOutcome.POSTED
    assert [message.ts for message in messages.posted] == ["7.0"]
    assert messages.folded == messages.posted
    assert env.store.message(CHANNEL, "7.0")


@pytest.mark.parametrize(
    ("tags", "round_", "outcome"),
    [
        (("new", "old"), ROUND, ReportOutcome.READY),
        (("new", "old"), EXPENSIVE, ReportOutcome.SMALL),
        (("new",), ROUND, ReportOutcome.NOTHING),
    ],
)
def test_a_scheduled_report_waits_for_its_round(
    env: StoreEnv,
    reports: Reports,
    messages: PostedReports,
    tags: tuple[str, ...],
    round_: ReportRound,
    outcome: ReportOutcome,
) -> None:
    proposal = proposal_of(env, *tags)
    planned = make(reports, ReportRequest(HERE, CHANNEL, round_), proposal)
    report = planned.in_round()
    assert (report.repository, report.round, report.outcome) == (HERE.uri, round_, outcome)
    is_ready = outcome is ReportOutcome.READY
    assert report.usd == (0.0 if is_ready else proposal.content.savings.usd_per_month)
    assert report.plan == (proposal.record.id if is_ready else None)
    assert messages.posted == []


def test_no_channel(env: StoreEnv, reports: Reports, messages: PostedReports) -> None:
    planned = make(reports, ReportRequest(HERE, None, ROUND), proposal_of(env, "new", "old"))
    assert (planned.outcome, messages.posted) == (ReportOutcome.LEFT_OUT, [])


def test_a_decided_plan_is_not_planned_again(env: StoreEnv, reports: Reports) -> None:
    env.approve(env.proposed(), CAT)
    planned = reports.plan(ReportRequest(HERE, CHANNEL, ROUND), pytest.fail)
    assert (planned.outcome, planned.proposal) == (ReportOutcome.LEFT_OUT, None)


def test_a_decision_during_planning(env: StoreEnv, reports: Reports) -> None:
    plan = env.proposed()
    env.now += WEEK / 2

    def propose() -> Proposal:
        env.approve(plan, CAT)
        return Proposal(plan, content("new", "old", "older"), is_new=False)

    planned = reports.plan(ReportRequest(HERE, CHANNEL, ROUND), propose)
    assert planned.outcome is ReportOutcome.LEFT_OUT


def test_an_unchanged_plan_is_open_as_long_as_a_new_one(env: StoreEnv, reports: Reports) -> None:
    plan = env.proposed()
    known = Proposal(plan, content("new", "old", "older"), is_new=False)
    env.now += WEEK / 2
    make(reports, ReportRequest(HERE, CHANNEL), known)
    assert env.as_stored(plan).expires_at == env.now + WEEK


def test_the_plan_expires_during_planning(env: StoreEnv, reports: Reports) -> None:
    plan = env.proposed()
    known = Proposal(plan, content("new", "old", "older"), is_new=False)
    env.now += WEEK
    assert env.store.commit(expiry(plan, env.now))
    proposals = [known, proposal_of(env, "new", "old")]
    planned = reports.plan(ReportRequest(HERE, CHANNEL), lambda: proposals.pop(0))
    assert planned.proposal
    assert planned.proposal.record.state is PlanState.PROPOSED


# claims


def claimed(env: StoreEnv, round_: ReportRound = ROUND) -> ReportRequest:
    env.store.start_round(round_, ["here"], env.now)
    assert env.store.claim_reports(round_, "here", [HERE], env.now)
    return ReportRequest(HERE, CHANNEL, round_, is_claimed=True)


def outcome_of(env: StoreEnv) -> ReportOutcome | None:
    report = env.store.scheduled_report(HERE.uri, ROUND.local)
    assert report
    return report.outcome


def summaries(env: StoreEnv) -> int:
    return env.store.jobs_left("rest")


def test_the_last_ready_report_queues_its_round(
    env: StoreEnv, reports: Reports, messages: PostedReports
) -> None:
    make(reports, claimed(env), proposal_of(env, "new", "old"))
    assert (outcome_of(env), summaries(env), messages.posted) == (ReportOutcome.READY, 1, [])


def test_the_outcome_is_stored_with_the_message(
    env: StoreEnv, reports: Reports, messages: PostedReports
) -> None:
    planned = make(reports, claimed(env), proposal_of(env, "new", "old"))
    message = reports.post_ready(planned.in_round(), CHANNEL)
    assert messages.posted == messages.folded == [message]
    assert env.store.message(CHANNEL, message.ts)
    assert outcome_of(env) is ReportOutcome.POSTED


def test_the_last_report_of_a_round_queues_the_summary(env: StoreEnv, reports: Reports) -> None:
    make(reports, claimed(env, EXPENSIVE), proposal_of(env, "new", "old"))
    assert (outcome_of(env), summaries(env)) == (ReportOutcome.SMALL, 1)


def test_a_report_stays_ready_if_slack_fails(
    env: StoreEnv, reports: Reports, messages: PostedReports
) -> None:
    planned = make(reports, claimed(env), proposal_of(env, "new", "old"))
    messages.error = "Slack is away"
    with pytest.raises(ServiceError, match="Slack is away"):
        reports.post_ready(planned.in_round(), CHANNEL)
    assert (outcome_of(env), messages.folded) == (ReportOutcome.READY, [])


@pytest.mark.parametrize("round_", [ROUND, EXPENSIVE])
def test_a_report_without_a_claim_does_not_change_claims(
    env: StoreEnv, reports: Reports, round_: ReportRound
) -> None:
    """`ecr-clean report` runs in the same minute as the worker's scheduled reports."""
    claimed(env, round_)
    make(reports, ReportRequest(HERE, CHANNEL, round_), proposal_of(env, "new", "old"))
    assert (outcome_of(env), summaries(env)) == (None, 0)


# requests of Slack users

GUEST = SlackUser("U9", "T1", is_guest=True, groups=None)


def requests(env: StoreEnv) -> ReportRequestQueue:
    return ReportRequestQueue(env.store, env.clock, env.rules)


@pytest.mark.parametrize(("ts", "told"), [("1.5", "1.5"), (None, "")])
def test_a_request_is_queued(env: StoreEnv, ts: str | None, told: str) -> None:
    requests(env).put(CAT, "team/*", "C1", ts)
    job = env.store.take_job("worker", env.now, timedelta(minutes=1))
    assert job
    assert job.kind == "report"
    assert job.payload == {"repository": "team/*", "channel": "C1", "user": CAT.id, "ts": told}
    assert RequestedReport.of(job) == RequestedReport("team/*", "C1", CAT.id, ts)


def test_a_request_makes_at_most_ten_reports() -> None:
    found = [replace(HERE, name=f"team/{number}") for number in range(11)]
    expect_at_most_max_reports("team/*", found[:10])
    with pytest.raises(RequestError, match="matches 11 repositories"):
        expect_at_most_max_reports("team/*", found)


def test_users_without_rights_are_refused(env: StoreEnv) -> None:
    with refused(WorkspaceGuest("U9")):
        requests(env).put(GUEST, "team/api", "C1")
    event = env.last_event()
    assert (event.event, event.by, event.repository) == (AuditEventName.REFUSED, "U9", None)
    assert env.store.take_job("worker", env.now, timedelta(minutes=1)) is None
