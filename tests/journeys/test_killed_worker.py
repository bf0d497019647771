"""Workers that are killed at any point. After recovery, exactly the approved images are deleted,
and the stored result of every digest is true."""

from datetime import timedelta
from itertools import cycle
from signal import SIGKILL
from typing import Any

import pytest

from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.playground.aws import AwsStandIn, Fault
from bot.render.audit_events import UNCONFIRMED, detail_words, item_words
from bot.store.store import Store
from tests.cli.plan_execution import approved, as_stored
from tests.cli.stored_plans import Write
from tests.journeys.approved_plan import BATCHES, DELETED, SETTINGS, TOGETHER, ApprovedPlan, fill
from tests.journeys.worker_process import FaultPoint, ended, start, until, work
from tests.support import Run, Shelf

pytestmark = pytest.mark.timeout(300)


def check(due: ApprovedPlan) -> None:
    """Only approved images are deleted, and the stored results are true."""
    plan, store = due.plan, due.store
    assert plan.state is PlanState.DONE
    gone = due.before - due.existing
    outcomes = {item.digest: item.outcome for item in store.items(plan.id, plan.version)}
    assert gone == {d for d, outcome in outcomes.items() if outcome is ImageOutcome.DELETED}
    assert set(outcomes.values()) <= {ImageOutcome.DELETED, ImageOutcome.SKIPPED}
    run = store.run(plan.id)
    assert run
    assert store.unanswered(run) == []
    events = [event for event in store.events() if event.plan == plan.id]
    names = [event.event.value for event in events]
    assert names.count("started") == names.count("ended") == 1
    listed = [d for event in events if event.event == "deleted" for d in event.digests]
    assert sorted(listed) == sorted(gone)


# killed at a named point


def at(call: str, *numbers: int, when: str = "before during after") -> list[FaultPoint]:
    return [FaultPoint(f"{each} {call}", number) for number in numbers for each in when.split()]


OFTEN = [
    FaultPoint("after journal", 1),
    FaultPoint("after mark_sent", 2),
    FaultPoint("during record_results", 2),
    FaultPoint("during commit", 2),
]
"""Points after which the next worker finds a call that was not sent, one that may have been sent,
one whose answer was not stored, and a run without its end."""

ENDED = FaultPoint("after commit", 2)

POINTS = [
    *at("commit", 1, 2),
    *at("renew_run", 1, 3),
    *at("journal", 1, 2, 3),
    *at("mark_sent", 1, 2, BATCHES),
    *at("delete", *range(1, BATCHES + 1), when="before after"),
    *at("record_results", 1, 2, BATCHES),
    *at("describe", 1, when="before after"),
    *at("describe_some", 1, 3, when="after"),
    *at("texts", 1, 3, when="before"),
    *at("digests", 1, when="before after"),
    *at("unanswered", 1, 2, when="before"),
]


def kill_points() -> list[Any]:
    often = [pytest.param(each, marks=TOGETHER) for each in OFTEN]
    slow = [pytest.param(each, marks=pytest.mark.slow) for each in POINTS if each not in OFTEN]
    return [*often, *slow]


def kill_during(aws: AwsStandIn, operation: str, number: int) -> None:
    withheld = aws.world.faults.add(Fault(operation=operation, skip=number - 1, delay=60))
    worker = start()
    until(lambda: withheld.seen >= number)
    worker.kill()
    assert ended(worker) == -SIGKILL
    aws.world.faults.clear()


def recover(due: ApprovedPlan, promised: int) -> None:
    """Another worker deletes all images and counts every byte once."""
    work()
    assert due.plan.freed_bytes + due.plan.unconfirmed_bytes == promised
    assert len(due.before - due.existing) == DELETED
    check(due)


@pytest.mark.parametrize("fault", kill_points(), ids=lambda fault: f"{fault.when} {fault.number}")
def test_killed(fault: FaultPoint, due: ApprovedPlan) -> None:
    promised = due.plan.freed_bytes
    assert ended(start(fault)) == -SIGKILL
    assert due.plan.is_open == (fault != ENDED)
    recover(due, promised)


@pytest.mark.parametrize(
    ("operation", "number"),
    [
        pytest.param("BatchDeleteImage", 1, marks=TOGETHER),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in [
                ("BatchDeleteImage", 2),
                ("BatchDeleteImage", 3),
                ("BatchDeleteImage", BATCHES),
                ("DescribeImages", 1),
                ("DescribeImages", 3),
                ("ListImages", 1),
            ]
        ),
    ],
)
def test_killed_during_a_call(
    operation: str, number: int, due: ApprovedPlan, aws: AwsStandIn
) -> None:
    """ECR deletes, but the worker is killed before it reads the answer."""
    promised = due.plan.freed_bytes
    kill_during(aws, operation, number)
    recover(due, promised)


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 3])
def test_images_read_by_a_killed_worker_are_skipped(
    number: int, due: ApprovedPlan, aws: AwsStandIn
) -> None:
    """ECR recorded a pull, and the bot cannot prove that it was its own."""
    aws.world.clock.advance(timedelta(minutes=1))
    kill_during(aws, "BatchGetImage", number)
    aws.world.clock.advance(timedelta(minutes=1))
    work()
    check(due)
    skipped = [item for item in due.store.items(due.id, 1) if item.outcome is ImageOutcome.SKIPPED]
    assert skipped
    assert {item_words(item) for item in skipped if "was pulled" not in item_words(item)} == set()


# killed repeatedly

FAULT_POINTS = [
    *(
        FaultPoint(f"{when} {port}", number)
        for number in (1, 2)
        for port in ("journal", "mark_sent", "delete", "record_results")
        for when in ("before", "after")
    ),
    *(
        FaultPoint(f"before {port}")
        for port in ("renew_run", "describe_some", "texts", "digests", "commit", "unanswered")
    ),
]


@pytest.fixture
def due_on_sqlite(run: Run, shelf: Shelf, settings_file: Write, own_store: Store) -> ApprovedPlan:
    settings_file(SETTINGS)
    fill(shelf)
    return ApprovedPlan(shelf, own_store, approved(run), frozenset(shelf.repository.manifests))


@pytest.mark.slow
@pytest.mark.parametrize(
    "faults",
    [
        {"error": "ThrottlingException", "every": 3},
        {"cut": "after", "every": 3},
        {"cut": "before", "every": 3},
    ],
    ids=str,
)
def test_killed_repeatedly(
    faults: dict[str, Any], aws: AwsStandIn, due_on_sqlite: ApprovedPlan, run: Run
) -> None:
    """Each worker resumes the run, until it is killed too. A child is pinned in between, and every
    third call fails."""
    due, kills = due_on_sqlite, 0
    aws.world.faults.add(Fault(operation="BatchDeleteImage", times=None, **faults))
    fault_points = cycle(FAULT_POINTS)
    while due.plan.is_open:
        kills += ended(start(next(fault_points))) == -SIGKILL
        if kills == 3:
            pending = [
                item
                for item in due.store.items(due.id, 1)
                if item.outcome is ImageOutcome.PENDING and item.tags
            ]
            skipped = pending[-1]
            assert run("pin", due.shelf.id.name, skipped.tags[0], "--reason", "so").status == 0
    assert kills >= 8
    outcomes = {item.digest: item for item in due.store.items(due.id, 1)}
    assert outcomes[skipped.digest].outcome is ImageOutcome.SKIPPED
    assert "is pinned by" in item_words(outcomes[skipped.digest])
    check(due)


# other clients delete at the same time

GONE = "is no longer in ECR"


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        pytest.param(
            FaultPoint("after journal"), ImageOutcome.SKIPPED, GONE, marks=pytest.mark.slow
        ),
        pytest.param(FaultPoint("before mark_sent"), ImageOutcome.SKIPPED, GONE, marks=TOGETHER),
        pytest.param(
            FaultPoint("after mark_sent"), ImageOutcome.DELETED, UNCONFIRMED, marks=TOGETHER
        ),
    ],
    ids=lambda each: each.when if isinstance(each, FaultPoint) else "",
)
def test_another_client_deletes_a_journaled_image(
    fault: FaultPoint,
    outcome: ImageOutcome,
    reason: str,
    releases: Shelf,
    settings_file: Write,
    own_store: Store,
    run: Run,
) -> None:
    """A missing image counts as deleted, without ECR's confirmation, only if its batch may have
    been sent."""
    settings_file(SETTINGS)
    plan = approved(run)
    assert ended(start(fault)) == -SIGKILL
    victim = releases.repository.digest_by_tag["1.0"]
    releases.world.remove(releases.repository, victim)

    assert run("recover").status == 0
    done = as_stored(own_store, plan)
    items = {item.digest: item for item in own_store.items(plan, 1)}
    listed = [event for event in own_store.events() if victim in event.digests]
    assert done.state is PlanState.DONE
    assert items[victim].outcome is outcome
    assert item_words(items[victim]).endswith(reason)
    one = done.freed_bytes // 2
    is_claimed = outcome is ImageOutcome.DELETED
    assert done.unconfirmed_bytes == (one if is_claimed else 0)
    assert [reason in detail_words(event.detail) for event in listed] == [True]
    assert {each.outcome for d, each in items.items() if d != victim} == {ImageOutcome.DELETED}
