"""Every report goes one way: plan, store, decide, post, fold older messages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.errors import ServiceError
from bot.core.permission_reasons import WorkspaceGuest
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, PlanMessage
from bot.core.report_schedules import ReportOutcome, ReportRound
from bot.usecases.proposals import Proposal, expiry
from bot.usecases.reports import PlannedReport, ReportRequest, ReportRequestQueue, Reports
from tests.render.builders import HERE
from tests.support import NOW
from tests.usecases.scene import CAT, WEEK, Scene, content, refused

CHANNEL = "C1"
ROUND = ReportRound("*", NOW.replace(tzinfo=None), min_saving=0.0)
EXPENSIVE = ROUND._replace(min_saving=1_000_000.0)


@dataclass
class PostedReports:
    """Reports as Slack would show them. `error`: why Slack takes none."""

    scene: Scene
    posted: list[PlanMessage] = field(default_factory=list)
    folded: list[PlanMessage] = field(default_factory=list)
    error: str | None = None

    def post(
        self,
        plan_id: str,
        channel: str,
        in_place_of: str | None = None,
        remember: Callable[[PlanMessage], None] | None = None,
    ) -> PlanMessage:
        if self.error:
            raise ServiceError(self.error)
        message = PlanMessage(plan_id, channel, in_place_of or f"{len(self.posted) + 1}.0")
        (remember or self.scene.store.save_message)(message)
        self.posted.append(message)
        return message

    def collapse_older(self, message: PlanMessage) -> None:
        self.folded.append(message)


@pytest.fixture
def messages(scene: Scene) -> PostedReports:
    return PostedReports(scene)


@pytest.fixture
def reports(scene: Scene, messages: PostedReports) -> Reports:
    return Reports(scene.store, messages, scene.clock, WEEK)


def make(reports: Reports, request: ReportRequest, proposal: Proposal) -> PlannedReport:
    planned = reports.plan(request, lambda: proposal)
    reports.deliver(planned)
    return planned


def proposal_of(scene: Scene, *tags: str) -> Proposal:
    """All but the first tag are deleted."""
    what = content(*tags)
    return Proposal(scene.proposed(what), what, is_new=True)


# what becomes of it


@pytest.mark.parametrize("tags", [("new", "old"), ("new",)])
def test_a_named_repository_always_has_its_report(
    scene: Scene, reports: Reports, messages: PostedReports, tags: tuple[str, ...]
) -> None:
    request = ReportRequest(HERE, CHANNEL, placeholder="7.0")
    assert make(reports, request, proposal_of(scene, *tags)).outcome is ReportOutcome.POSTED
    assert [message.ts for message in messages.posted] == ["7.0"]
    assert messages.folded == messages.posted
    assert scene.store.message(CHANNEL, "7.0")


@pytest.mark.parametrize(
    ("tags", "round_", "outcome"),
    [
        (("new", "old"), ROUND, ReportOutcome.POSTED),
        (("new", "old"), EXPENSIVE, ReportOutcome.SMALL),
        (("new",), ROUND, ReportOutcome.NOTHING),
    ],
)
def test_a_report_that_is_due_is_posted_or_summarized(
    scene: Scene,
    reports: Reports,
    messages: PostedReports,
    tags: tuple[str, ...],
    round_: ReportRound,
    outcome: ReportOutcome,
) -> None:
    proposal = proposal_of(scene, *tags)
    planned = make(reports, ReportRequest(HERE, CHANNEL, round_), proposal)
    report = planned.in_round()
    assert (report.repository, report.round, report.outcome) == (HERE.uri, round_, outcome)
    is_posted = outcome is ReportOutcome.POSTED
    assert report.usd == (0.0 if is_posted else proposal.content.savings.usd_per_month)
    assert len(messages.posted) == is_posted


def test_no_channel(scene: Scene, reports: Reports, messages: PostedReports) -> None:
    planned = make(reports, ReportRequest(HERE, None, ROUND), proposal_of(scene, "new", "old"))
    assert (planned.outcome, messages.posted) == (ReportOutcome.LEFT_OUT, [])


def test_a_decided_plan_is_not_planned_again(scene: Scene, reports: Reports) -> None:
    scene.approve(scene.proposed(), CAT)
    planned = reports.plan(ReportRequest(HERE, CHANNEL, ROUND), pytest.fail)
    assert (planned.outcome, planned.proposal) == (ReportOutcome.LEFT_OUT, None)


def test_a_person_decides_while_it_is_planned(scene: Scene, reports: Reports) -> None:
    plan = scene.proposed()
    scene.now += WEEK / 2

    def propose() -> Proposal:
        scene.approve(plan, CAT)
        return Proposal(plan, content("new", "old", "older"), is_new=False)

    planned = reports.plan(ReportRequest(HERE, CHANNEL, ROUND), propose)
    assert planned.outcome is ReportOutcome.LEFT_OUT


def test_an_unchanged_plan_is_open_as_long_as_a_new_one(scene: Scene, reports: Reports) -> None:
    plan = scene.proposed()
    known = Proposal(plan, content("new", "old", "older"), is_new=False)
    scene.now += WEEK / 2
    make(reports, ReportRequest(HERE, CHANNEL), known)
    assert scene.as_stored(plan).expires_at == scene.now + WEEK


def test_the_plan_expires_while_it_is_found_unchanged(scene: Scene, reports: Reports) -> None:
    plan = scene.proposed()
    known = Proposal(plan, content("new", "old", "older"), is_new=False)
    scene.now += WEEK
    assert scene.store.commit(expiry(plan, scene.now))
    proposals = [known, proposal_of(scene, "new", "old")]
    planned = reports.plan(ReportRequest(HERE, CHANNEL), lambda: proposals.pop(0))
    assert planned.proposal
    assert planned.proposal.record.state is PlanState.PROPOSED


# claims


def claimed(scene: Scene, round_: ReportRound = ROUND) -> ReportRequest:
    scene.store.start_round(round_, ["here"], scene.now)
    assert scene.store.claim_reports(round_, "here", [HERE], scene.now)
    return ReportRequest(HERE, CHANNEL, round_, is_claimed=True)


def outcome_of(scene: Scene) -> ReportOutcome | None:
    report = scene.store.scheduled_report(HERE.uri, ROUND.local)
    assert report
    return report.outcome


def summaries(scene: Scene) -> int:
    return scene.store.jobs_left("rest")


def test_the_outcome_of_a_claim_is_stored_with_its_message(
    scene: Scene, reports: Reports, messages: PostedReports
) -> None:
    request = claimed(scene)
    make(reports, request, proposal_of(scene, "new", "old"))
    (message,) = messages.posted
    assert scene.store.message(CHANNEL, message.ts)
    assert (outcome_of(scene), summaries(scene)) == (ReportOutcome.POSTED, 0)


def test_the_last_claim_of_a_round_queues_its_summary(scene: Scene, reports: Reports) -> None:
    make(reports, claimed(scene, EXPENSIVE), proposal_of(scene, "new", "old"))
    assert (outcome_of(scene), summaries(scene)) == (ReportOutcome.SMALL, 1)


def test_a_claim_stays_while_slack_takes_nothing(
    scene: Scene, reports: Reports, messages: PostedReports
) -> None:
    request, messages.error = claimed(scene), "Slack is away"
    planned = reports.plan(request, lambda: proposal_of(scene, "new", "old"))
    with pytest.raises(ServiceError, match="Slack is away"):
        reports.deliver(planned)
    assert (outcome_of(scene), messages.folded) == (None, [])


@pytest.mark.parametrize("round_", [ROUND, EXPENSIVE])
def test_a_report_without_a_claim_leaves_the_claims_of_its_time(
    scene: Scene, reports: Reports, round_: ReportRound
) -> None:
    """`ecr-clean report` runs in the minute in which the worker's reports are due."""
    claimed(scene, round_)
    make(reports, ReportRequest(HERE, CHANNEL, round_), proposal_of(scene, "new", "old"))
    assert (outcome_of(scene), summaries(scene)) == (None, 0)


# requests of people in Slack

GUEST = SlackUser("U9", "T1", is_guest=True, groups=None)


def requests(scene: Scene) -> ReportRequestQueue:
    return ReportRequestQueue(scene.store, scene.clock, scene.rules)


@pytest.mark.parametrize(("ts", "told"), [("1.5", "1.5"), (None, "")])
def test_a_worker_gets_to_know_it(scene: Scene, ts: str | None, told: str) -> None:
    requests(scene).put(CAT, "team/*", "C1", ts)
    job = scene.store.take_job("worker", scene.now, timedelta(minutes=1))
    assert job
    assert job.kind == "report"
    assert job.payload == {"repository": "team/*", "channel": "C1", "user": CAT.id, "ts": told}


def test_whoever_may_not(scene: Scene) -> None:
    with refused(WorkspaceGuest("U9")):
        requests(scene).put(GUEST, "team/api", "C1")
    event = scene.last_event()
    assert (event.event, event.by, event.repository) == (AuditEventName.REFUSED, "U9", None)
    assert scene.store.take_job("worker", scene.now, timedelta(minutes=1)) is None
