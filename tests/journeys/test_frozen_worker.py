"""Two workers on one PostgreSQL database. One is frozen until its lease expires, then continues."""

from collections import Counter
from datetime import timedelta
from signal import SIGCONT, SIGSTOP

import pytest

from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn, Fault
from bot.usecases.deletion.lease import RUN_LEASE
from tests.journeys.approved_plan import BATCHES, DELETED, KEPT, TOGETHER, ApprovedPlan
from tests.journeys.worker_process import (
    LEASE_LOST,
    FaultPoint,
    ended,
    is_frozen,
    send_signal,
    start,
    until,
    work,
)
from tests.support import Run

pytestmark = pytest.mark.timeout(300)

slow = pytest.mark.slow

BEFORE_A_CALL = 3
"""Number of renewals of the lease: one at the start, and one before each call."""


@pytest.fixture(autouse=True)
def short_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL soon closes the connection of a worker that is frozen in a transaction."""
    monkeypatch.setenv("PGOPTIONS", "-c idle_in_transaction_session_timeout=2s")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(FaultPoint("after renew_run", BEFORE_A_CALL, SIGSTOP), marks=TOGETHER),
        *(
            pytest.param(each, marks=slow)
            for each in [
                FaultPoint("after describe_some", 2, SIGSTOP),
                FaultPoint("after journal", 1, SIGSTOP),
                FaultPoint("before renew_run", BEFORE_A_CALL, SIGSTOP),
                FaultPoint("before delete", 2, SIGSTOP),
                FaultPoint("after delete", 2, SIGSTOP),
                FaultPoint("before record_results", 2, SIGSTOP),
                FaultPoint("after record_results", 2, SIGSTOP),
                FaultPoint("before journal", 2, SIGSTOP),
            ]
        ),
    ],
    ids=lambda fault: f"{fault.when} {fault.number}",
)
def test_a_worker_that_continues_without_its_lease_changes_nothing(
    fault: FaultPoint, aws: AwsStandIn, due: ApprovedPlan, run: Run
) -> None:
    """While it was frozen, its lease expired, an image of the plan was pinned, and another worker
    took over the run."""
    frozen = start(fault)
    until(lambda: is_frozen(frozen))
    aws.world.clock.advance(RUN_LEASE + timedelta(seconds=1))
    pending = [item for item in due.store.items(due.id, 1) if item.digest in due.existing]
    pinned = min((item for item in pending if item.tags), key=lambda item: item.tags)
    assert run("pin", due.shelf.id.name, pinned.tags[0], "--reason", "so").status == 0

    work()
    done, left = due.plan, due.existing
    assert done.state is PlanState.DONE
    sent = aws.world.calls.count("ecr:BatchDeleteImage")

    send_signal(frozen, SIGCONT)
    assert ended(frozen) == LEASE_LOST
    assert aws.world.calls.count("ecr:BatchDeleteImage") == sent
    assert due.existing == left
    outcomes = {item.digest: item.outcome for item in due.store.items(due.id, 1)}
    assert Counter(outcomes.values()) == {
        ImageOutcome.DELETED: DELETED - 1,
        ImageOutcome.SKIPPED: 1,
    }
    assert outcomes[pinned.digest] is ImageOutcome.SKIPPED
    assert due.before - left == {d for d, outcome in outcomes.items() if outcome == "deleted"}
    assert due.plan == done


@TOGETHER
def test_frozen_during_a_call(aws: AwsStandIn, due: ApprovedPlan) -> None:
    """ECR deletes, and the worker is frozen before it reads the answer. The next worker finds the
    result."""
    withheld = aws.world.faults.add(Fault(operation="BatchDeleteImage", skip=2, delay=60))
    frozen = start()
    until(lambda: withheld.seen > 2)
    send_signal(frozen, SIGSTOP)
    aws.world.faults.clear()
    aws.world.clock.advance(RUN_LEASE + timedelta(seconds=1))
    work()
    outcomes = [item.outcome for item in due.store.items(due.id, 1)]
    assert Counter(outcomes) == {ImageOutcome.DELETED: DELETED}
    digests = [
        image["imageDigest"]
        for call in aws.world.calls.named("ecr:BatchDeleteImage")
        for image in call.params["imageIds"]
    ]
    assert len(digests) == len(set(digests)) == DELETED
    send_signal(frozen, SIGCONT)
    frozen.kill()
    ended(frozen)
    assert len(due.existing) == KEPT


@slow
def test_several_workers_at_the_same_time(aws: AwsStandIn, due: ApprovedPlan) -> None:
    workers = [start() for _ in range(3)]
    assert sorted(map(ended, workers)) in (
        [0, 0, 0],
        [0, 0, LEASE_LOST],
        [0, LEASE_LOST, LEASE_LOST],
    )
    outcomes = [item.outcome for item in due.store.items(due.id, 1)]
    assert Counter(outcomes) == {ImageOutcome.DELETED: DELETED}
    assert aws.world.calls.count("ecr:BatchDeleteImage") == BATCHES
    assert len(due.existing) == KEPT
