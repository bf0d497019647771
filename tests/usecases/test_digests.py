"""When a round of reports becomes a digest, and digests that users request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import RequestError
from bot.core.patterns import Patterns
from bot.core.report_schedules import (
    ReportOutcome,
    ReportRound,
    RoundSummary,
    Schedule,
    ScheduledReport,
    ScheduleEntry,
)
from bot.usecases.digests import DIGEST, DigestRequestQueue, digest_of_round
from tests.support import NOW
from tests.usecases.store_env import StoreEnv

ENTRY = ScheduleEntry(
    repositories=Patterns.of("team/*"),
    schedule=Schedule.parse("mon 09:00", "UTC"),
    min_saving=0.0,
    channel="C1",
    digest_over=2,
)
OTHERS = replace(ENTRY, repositories=Patterns.of("*"))
ROUND = ReportRound(ENTRY.name, NOW.replace(tzinfo=None), ENTRY.min_saving)

MakeQueue = Callable[..., DigestRequestQueue]


def summary(ready: int, clean: int = 0) -> RoundSummary:
    outcomes = [ReportOutcome.READY] * ready + [ReportOutcome.NOTHING] * clean
    reports = (
        ScheduledReport(f"example.com/team/{number}", ROUND, outcome)
        for number, outcome in enumerate(outcomes)
    )
    return RoundSummary(ROUND, tuple(reports), ())


# scheduled


def test_as_many_reports_as_digest_over_are_posted_one_by_one(env: StoreEnv) -> None:
    assert digest_of_round(env.store, summary(2, clean=5), ENTRY, NOW) is None
    assert env.store.digest_of_round(ROUND.entry, ROUND.local) is None


def test_more_reports_than_digest_over_are_a_digest(env: StoreEnv) -> None:
    made = digest_of_round(env.store, summary(3), ENTRY, NOW)
    assert made == env.theirs.digest_of_round(ROUND.entry, ROUND.local)
    assert made
    assert (made.entry, made.local, made.channel, made.made_at) == (
        "team/*",
        ROUND.local,
        "C1",
        NOW,
    )
    assert not made.is_requested


def test_a_round_has_one_digest(env: StoreEnv) -> None:
    """Also if fewer of its reports are left."""
    made = digest_of_round(env.store, summary(3), ENTRY, NOW)
    later = NOW + timedelta(hours=1)
    assert digest_of_round(env.theirs, summary(3), ENTRY, later) == made
    assert digest_of_round(env.theirs, summary(1), ENTRY, later) == made


# requested


@pytest.fixture
def make_queue(env: StoreEnv) -> MakeQueue:
    return lambda *entries: DigestRequestQueue(env.store, env.clock, entries)


def test_the_entries_of_a_channel(make_queue: MakeQueue) -> None:
    queue = make_queue(ENTRY, replace(OTHERS, channel="C2"), replace(ENTRY, digest_over=9), OTHERS)
    assert [entry.name for entry in queue.entries_in("C1")] == ["team/*", "*"]
    assert [entry.name for entry in queue.entries_in("C2")] == ["*"]


def test_a_channel_without_reports(make_queue: MakeQueue) -> None:
    with pytest.raises(RequestError, match="set `channel: C9` there"):
        make_queue(ENTRY, OTHERS).entries_in("C9")


def test_a_second_request_in_the_same_second(env: StoreEnv, make_queue: MakeQueue) -> None:
    queue = make_queue(ENTRY)
    made = queue.start(ENTRY)
    assert made
    assert made.is_requested
    assert queue.start(ENTRY) is None
    env.now += timedelta(seconds=2)
    again = queue.start(ENTRY)
    assert again
    assert again.id != made.id


def test_a_requested_digest_is_queued(env: StoreEnv, make_queue: MakeQueue) -> None:
    queue = make_queue(ENTRY)
    made = queue.start(ENTRY)
    assert made
    queue.put(made)
    job = env.theirs.take_job("worker", NOW + timedelta(hours=1), timedelta(hours=1))
    assert job
    assert (job.kind, job.payload) == (DIGEST, {"digest": made.id})
