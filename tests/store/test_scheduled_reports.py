"""Scheduled reports are claimed once, and their outcomes are summarized once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.core.errors import ErrorText, FailedAwsCall
from bot.core.records import PlanMessage, QueuedJob
from bot.core.report_schedules import (
    CATCH_UP_LIMIT,
    LISTING_TIMEOUT,
    NotDoneWithinADay,
    ReportFailure,
    ReportOutcome,
    ReportRound,
    RoundSummary,
    ScheduledReport,
    TooManyAttempts,
    UnlistedRegistry,
)
from bot.core.repository import RepositoryId
from bot.store.jobs import KEPT_FOR
from bot.store.store import Store
from bot.store.tables import ScheduledReportRow
from tests.store.support import HERE, THERE, propose
from tests.store.test_races import at_once, stores
from tests.support import NOW

__all__ = ["stores"]

ROUND = ReportRound("team/*", datetime(2026, 11, 23, 9), 5.0)  # noqa: DTZ001 - local
NEXT = ROUND._replace(local=ROUND.local + timedelta(days=7))
HOUR = timedelta(hours=1)


def claim(store: Store, *repositories: RepositoryId, round_: ReportRound = ROUND) -> bool:
    store.start_round(round_, ["own"], NOW)
    return store.claim_reports(round_, "own", repositories, NOW)


def jobs(store: Store) -> list[QueuedJob]:
    """Takes and finishes all jobs."""
    found = []
    while job := store.take_job("worker", NOW + HOUR, HOUR):
        found.append(job)
        store.finish_job(job)
    return found


def claimed(store: Store, repository: RepositoryId = HERE) -> ScheduledReport:
    found = store.scheduled_report(repository.uri, ROUND.local)
    assert found
    return found


def settle(
    store: Store, repository: RepositoryId, outcome: ReportOutcome, usd: float = 0.0
) -> ScheduledReport:
    settled = replace(claimed(store, repository), outcome=outcome, usd=usd)
    store.record_report(settled, NOW)
    return settled


def told(store: Store) -> Sequence[RoundSummary | None]:
    return [store.round_summary(job.payload["line"]) for job in jobs(store) if job.kind == "rest"]


def test_each_report_is_claimed_once(store: Store) -> None:
    assert store.start_round(ROUND, ["own", "other"], NOW) == ["own", "other"]
    assert claim(store, HERE, THERE)
    assert not claim(store, HERE, THERE)
    assert store.start_round(ROUND, ["own", "other"], NOW) == ["other"]
    first, second = jobs(store)
    assert (first.kind, first.payload) == (
        "due",
        {"repository": HERE.uri, "local": "2026-11-23T09:00"},
    )
    assert second.payload["repository"] == THERE.uri
    assert claimed(store) == ScheduledReport(HERE.uri, ROUND)
    assert store.scheduled_report(HERE.uri, NEXT.local) is None


def test_jobs_are_one_second_apart(store: Store) -> None:
    """So that requested reports can run between them."""
    claim(store, HERE, THERE)
    assert store.take_job("worker", NOW, HOUR)
    assert store.take_job("worker", NOW, HOUR) is None
    assert store.take_job("worker", NOW + timedelta(seconds=1), HOUR)


def test_a_repository_of_another_entry_is_not_claimed_again(store: Store) -> None:
    claim(store, HERE)
    assert claim(store, HERE, THERE, round_=ROUND._replace(entry="*"))
    assert [job.payload["repository"] for job in jobs(store)] == [HERE.uri, THERE.uri]
    assert claim(store, HERE, round_=NEXT)
    assert len(jobs(store)) == 1


def test_one_of_several_replicas_claims(stores: Sequence[Store]) -> None:
    for store in stores:
        store.start_round(ROUND, ["own"], NOW)
    landed = at_once(
        stores, [lambda store: store.claim_reports(ROUND, "own", [HERE, THERE], NOW)] * 8
    )
    assert landed.count(True) == 1
    assert len(jobs(stores[0])) == 2


def test_an_outcome_is_not_changed(store: Store) -> None:
    claim(store, HERE)
    settled = settle(store, HERE, ReportOutcome.SMALL, 3.2)
    store.record_report(replace(settled, outcome=ReportOutcome.FAILED, error=ErrorText("oh")), NOW)
    assert claimed(store) == settled


@pytest.mark.parametrize(
    "error",
    [
        ErrorText("AWS refused it", FailedAwsCall("ecr:DescribeImages", "AccessDeniedException")),
        NotDoneWithinADay(ErrorText("Slack is away")),
        TooManyAttempts(3),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_reason_of_a_failure(store: Store, error: ReportFailure) -> None:
    claim(store, HERE)
    failed = replace(claimed(store), outcome=ReportOutcome.FAILED, error=error)
    store.record_report(failed, NOW)
    assert claimed(store) == failed


def test_a_failure_of_an_earlier_version_is_a_sentence(store: Store) -> None:
    claim(store, HERE)
    settle(store, HERE, ReportOutcome.FAILED)
    with store._database.writing() as session:
        session.execute(update(ScheduledReportRow).values(detail="AWS refused it"))
    assert claimed(store).error == ErrorText("AWS refused it")


def test_the_message_is_stored_with_the_outcome(store: Store) -> None:
    plan = propose(store)
    claim(store, HERE)
    message = PlanMessage(plan.id, "C1", "1.0")
    posted = replace(claimed(store), outcome=ReportOutcome.POSTED, plan=plan.id)
    store.record_posted_report(posted, NOW, message)
    assert claimed(store).outcome is ReportOutcome.POSTED
    assert store.message("C1", "1.0") == message


def test_the_summary_comes_after_all_reports(store: Store) -> None:
    claim(store, HERE, THERE)
    jobs(store)
    here = settle(store, HERE, ReportOutcome.NOTHING)
    store.queue_summaries(NOW)
    assert told(store) == []
    there = settle(store, THERE, ReportOutcome.SMALL, 3.2)
    store.queue_summaries(NOW)
    store.queue_summaries(NOW)
    assert told(store) == [RoundSummary(ROUND, (here, there), ())]


def test_an_unfinished_report_does_not_block_the_summary_forever(store: Store) -> None:
    claim(store, HERE, THERE)
    jobs(store)
    here = settle(store, HERE, ReportOutcome.NOTHING)
    store.queue_summaries(NOW + CATCH_UP_LIMIT - HOUR)
    assert told(store) == []
    store.queue_summaries(NOW + CATCH_UP_LIMIT)
    job = store.take_job("worker", NOW + CATCH_UP_LIMIT, HOUR)
    assert job
    assert store.round_summary(job.payload["line"]) == RoundSummary(ROUND, (here,), ())


def test_one_of_several_replicas_summarizes(stores: Sequence[Store]) -> None:
    claim(stores[0], HERE, THERE)
    jobs(stores[0])
    for repository in (HERE, THERE):
        settle(stores[0], repository, ReportOutcome.NOTHING)

    def gather(store: Store) -> bool:
        store.queue_summaries(NOW)
        return True

    at_once(stores, [gather] * 8)
    (rest,) = told(stores[0])
    assert rest
    assert len(rest.reports) == 2


def test_posted_reports_are_not_summarized(store: Store) -> None:
    claim(store, HERE, THERE)
    settle(store, HERE, ReportOutcome.POSTED)
    settle(store, THERE, ReportOutcome.LEFT_OUT)
    jobs(store)
    store.queue_summaries(NOW)
    assert told(store) == []


def test_the_summary_waits_for_a_registry_that_cannot_be_listed(store: Store) -> None:
    store.start_round(ROUND, ["other", "own"], NOW)
    store.record_unlisted(ROUND, UnlistedRegistry("other", ErrorText("AWS refused")))
    claim(store, HERE)
    here = settle(store, HERE, ReportOutcome.NOTHING)
    jobs(store)
    store.queue_summaries(NOW + LISTING_TIMEOUT - timedelta(seconds=1))
    assert told(store) == []
    store.queue_summaries(NOW + LISTING_TIMEOUT)
    store.queue_summaries(NOW + LISTING_TIMEOUT)
    assert told(store) == [
        RoundSummary(ROUND, (here,), (UnlistedRegistry("other", ErrorText("AWS refused")),))
    ]
    assert store.claim_reports(ROUND, "other", [THERE], NOW)
    there = settle(store, THERE, ReportOutcome.NOTHING)
    store.queue_summaries(NOW + LISTING_TIMEOUT)
    assert RoundSummary(ROUND, (there,), ()) in told(store)


def test_no_registry_can_be_listed(store: Store) -> None:
    store.start_round(ROUND, ["own"], NOW)
    store.record_unlisted(ROUND, UnlistedRegistry("own", ErrorText("AWS refused")))
    store.queue_summaries(NOW + LISTING_TIMEOUT)
    (rest,) = told(store)
    assert rest == RoundSummary(
        ROUND._replace(min_saving=0), (), (UnlistedRegistry("own", ErrorText("AWS refused")),)
    )


def test_an_unknown_summary(store: Store) -> None:
    assert store.round_summary("nonsense") is None
    claim(store, HERE)
    store.start_round(NEXT, ["own"], NOW + 2 * KEPT_FOR)
    store.claim_reports(NEXT, "own", [], NOW + 2 * KEPT_FOR)
    assert store.scheduled_report(HERE.uri, ROUND.local) is None
