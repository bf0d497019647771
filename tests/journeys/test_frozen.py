"""Two workers on one PostgreSQL, of which one is frozen past its lease, and wakes up again."""

from collections import Counter
from datetime import timedelta
from signal import SIGCONT, SIGSTOP

import pytest

from bot.core.records import Outcome, PlanState
from bot.playground.aws import Fault, StandIn
from bot.store.store import SqlStore
from bot.usecases.lease import LENGTH
from tests.journeys.worker import LOST, Fate, blow, ended, is_frozen, start, until
from tests.support import Run, Shelf

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEFORE_A_CALL = 3
"""Renewals: one when it begins, and one before each call."""


@pytest.mark.parametrize(
    "fate",
    [
        Fate("after describe_some", 2, SIGSTOP),
        Fate("after journal", 1, SIGSTOP),
        Fate("before renew_run", BEFORE_A_CALL, SIGSTOP),
        Fate("after renew_run", BEFORE_A_CALL, SIGSTOP),
        Fate("before delete", 2, SIGSTOP),
        Fate("after delete", 3, SIGSTOP),
        Fate("before settle", 2, SIGSTOP),
        Fate("after settle", 4, SIGSTOP),
    ],
    ids=lambda fate: f"{fate.when} {fate.number}",
)
def test_whoever_wakes_up_does_nothing_more(
    fate: Fate, aws: StandIn, shared_store: SqlStore, builds: Shelf, due: str, run: Run
) -> None:
    """Meanwhile the lease ran out, one of the builds that it was about to delete was pinned, and
    somebody else took the run over."""
    before = set(builds.repository.manifests)
    frozen = start(fate)
    until(lambda: is_frozen(frozen))
    aws.world.clock.advance(LENGTH + timedelta(seconds=1))
    pending = [item for item in shared_store.items(due, 1) if item.digest in there(builds)]
    pinned = pending[0]
    assert run("pin", builds.id.name, pinned.tags[0], "--reason", "so").status == 0

    assert ended(start()) == 0
    done = shared_store.plan(due)
    assert done
    assert done.state is PlanState.DONE
    sent = aws.world.calls.count("ecr:BatchDeleteImage")
    left = there(builds)

    blow(frozen, SIGCONT)
    assert ended(frozen) == LOST
    assert aws.world.calls.count("ecr:BatchDeleteImage") == sent
    assert there(builds) == left
    outcomes = {item.digest: item.outcome for item in shared_store.items(due, 1)}
    assert Counter(outcomes.values()) == {Outcome.DELETED: 999, Outcome.SPARED: 1}
    assert outcomes[pinned.digest] is Outcome.SPARED
    assert before - left == {d for d, outcome in outcomes.items() if outcome is Outcome.DELETED}
    assert shared_store.plan(due) == done


def test_a_call_in_flight_when_it_freezes_is_found_out(
    aws: StandIn, shared_store: SqlStore, builds: Shelf, due: str
) -> None:
    """ECR has deleted, and whoever would read the answer is frozen."""
    withheld = aws.world.faults.add(Fault(operation="BatchDeleteImage", skip=2, delay=60))
    frozen = start()
    until(lambda: withheld.seen > 2)
    blow(frozen, SIGSTOP)
    aws.world.faults.clear()
    aws.world.clock.advance(LENGTH + timedelta(seconds=1))
    assert ended(start()) == 0
    assert Counter(item.outcome for item in shared_store.items(due, 1)) == {Outcome.DELETED: 1000}
    digests = [
        image["imageDigest"]
        for call in aws.world.calls.named("ecr:BatchDeleteImage")
        for image in call.params["imageIds"]
    ]
    assert len(digests) == len(set(digests)) == 1000
    blow(frozen, SIGCONT)
    frozen.kill()
    ended(frozen)
    assert len(there(builds)) == 10


def test_several_at_the_same_time(
    aws: StandIn, shared_store: SqlStore, builds: Shelf, due: str
) -> None:
    workers = [start() for _ in range(3)]
    assert sorted(map(ended, workers)) in ([0, 0, 0], [0, 0, LOST], [0, LOST, LOST])
    assert Counter(item.outcome for item in shared_store.items(due, 1)) == {Outcome.DELETED: 1000}
    assert aws.world.calls.count("ecr:BatchDeleteImage") == 10
    assert len(there(builds)) == 10


def there(shelf: Shelf) -> set[str]:
    return set(shelf.repository.manifests)
