"""A job is taken by one worker at a time, and by another if that worker died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.core.records import QueuedJob
from bot.core.report_schedules import REPORT_JOB, SUMMARY_JOB
from bot.store.store import Store, open_store
from tests.store.support import BEHIND_A_POOLER_TOO
from tests.support import NOW

pytestmark = BEHIND_A_POOLER_TOO

LEASE = timedelta(minutes=5)


def take(store: Store, minutes: float = 0) -> QueuedJob | None:
    return store.take_job("worker", NOW + timedelta(minutes=minutes), LEASE)


def taken(store: Store, minutes: float = 0) -> QueuedJob:
    job = take(store, minutes)
    assert job
    return job


def test_the_job_that_is_due_longest_comes_first(store: Store) -> None:
    for minutes in (-1, 1, -2):
        store.put_job("plan", {"repository": str(minutes)}, NOW + timedelta(minutes=minutes))
    first, second = taken(store), taken(store)
    assert (first.kind, first.payload, first.attempts) == ("plan", {"repository": "-2"}, 1)
    assert second.payload == {"repository": "-1"}
    assert take(store) is None
    assert taken(store, 1).payload == {"repository": "1"}


def test_a_finished_job_is_deleted(store: Store) -> None:
    store.put_job("plan", {}, NOW)
    job = taken(store)
    assert store.finish_job(job)
    assert not store.finish_job(job)
    assert take(store, 60) is None


def test_a_job_is_taken_again_after_its_lease_expired(store: Store) -> None:
    store.put_job("plan", {}, NOW)
    lost = taken(store)
    assert take(store, 4.9) is None
    again = taken(store, 5)
    assert (again.id, again.attempts) == (lost.id, 2)
    assert not store.renew_job(lost, NOW + LEASE)
    assert not store.finish_job(lost)
    assert store.finish_job(again)


def test_a_renewed_lease_keeps_the_job(store: Store) -> None:
    store.put_job("plan", {}, NOW)
    job = taken(store)
    assert store.renew_job(job, NOW + timedelta(minutes=4) + LEASE)
    assert take(store, 8.9) is None
    assert store.finish_job(job)


def test_a_job_that_was_put_back_counts_as_never_taken(store: Store) -> None:
    store.put_job("plan", {"repository": "a"}, NOW)
    job = taken(store)
    assert store.put_job_back(job, NOW + timedelta(minutes=1))
    assert take(store, 0.9) is None
    again = taken(store, 1)
    assert (again.kind, again.payload, again.attempts) == ("plan", {"repository": "a"}, 1)
    assert again.made_at == job.made_at
    assert not store.renew_job(job, NOW + LEASE)
    assert not store.put_job_back(job, NOW)
    assert store.finish_job(again)
    assert take(store, 60) is None


def test_a_lost_job_cannot_be_put_back(store: Store) -> None:
    store.put_job("plan", {}, NOW)
    lost = taken(store)
    again = taken(store, 5)
    assert not store.put_job_back(lost, NOW)
    assert store.put_job_back(again, NOW)
    last = taken(store, 5)
    assert last.attempts == 2
    assert not store.renew_job(lost, NOW + LEASE)
    assert store.finish_job(last)
    assert store.jobs_left("plan") == 0


def test_requested_jobs_come_before_scheduled_ones(store: Store) -> None:
    for number, kind in enumerate((REPORT_JOB, SUMMARY_JOB, "report")):
        store.put_job(kind, {}, NOW - timedelta(minutes=3 - number))
    assert [taken(store).kind for _ in range(3)] == ["report", REPORT_JOB, SUMMARY_JOB]


def test_two_workers_never_get_the_same_job(url: str) -> None:
    jobs, workers = 40, 8
    with open_store(url) as first, open_store(url) as second:
        for number in range(jobs):
            first.put_job("plan", {"repository": str(number)}, NOW)

        def work(number: int) -> list[int]:
            store = (first, second)[number % 2]
            found = []
            while job := take(store):
                found.append(job.id)
            return found

        with ThreadPoolExecutor(workers) as pool:
            got = [id_ for ids in pool.map(work, range(workers)) for id_ in ids]
    assert len(got) == len(set(got)) == jobs


def test_number_of_remaining_jobs(store: Store) -> None:
    for kind in ("plan", "plan", "report"):
        store.put_job(kind, {}, NOW)
    first = taken(store)
    assert (store.jobs_left("plan"), store.jobs_left("report")) == (2, 1)
    assert store.jobs_left("plan", "report") == 3
    assert store.finish_job(first)
    assert (store.jobs_left("plan"), store.jobs_left("other")) == (1, 0)
