"""Simultaneous changes, on one machine or several: one succeeds, and nothing is lost."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from bot.core.plan import PlanState, content_hash
from bot.core.records import (
    AuditEventName,
    DeletionBatch,
    ImageOutcome,
    ImageResult,
    PlanRecord,
    PlanWorker,
    StoreChange,
    TagScan,
)
from bot.core.verdict_reasons import NoRuleKeeps
from bot.core.workload_counts import DoubtedUsage, WorkloadCount
from bot.store.store import Store, open_store
from tests.store.support import (
    BEHIND_A_POOLER_TOO,
    BOB,
    HERE,
    approval,
    begin,
    closed,
    content,
    event,
    new_version,
    pin,
    propose,
    record,
    run_of,
    seen,
    started,
    take_over,
    taken_over,
)
from tests.support import NOW

pytestmark = BEHIND_A_POOLER_TOO

PEOPLE = 20
"""More than the connections of a store."""

Act = Callable[[Store], bool]


@pytest.fixture(params=[1, 2], ids=["one process", "two replicas"])
def stores(url: str, request: pytest.FixtureRequest) -> Iterator[Sequence[Store]]:
    with ExitStack() as stack:
        yield [stack.enter_context(open_store(url)) for _ in range(request.param)]


def at_once(stores: Sequence[Store], acts: Sequence[Act]) -> list[bool]:
    """Whether each succeeded. All start at the same time."""
    start = Barrier(len(acts))

    def run(number: int) -> bool:
        start.wait(60)
        return acts[number](stores[number % len(stores)])

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, range(len(acts))))


def test_one_change_per_revision_succeeds(stores: Sequence[Store]) -> None:
    made = propose(stores[0])
    landed = at_once(
        stores, [commits(approval(made, f"person {number}")) for number in range(PEOPLE)]
    )
    assert landed.count(True) == 1
    after = seen(stores[0], made.id)
    assert after.revision == 1
    assert [each.by for each in after.approvals] == [f"person {landed.index(True)}"]
    assert_events_tell(stores[0], after)


def test_an_approval_never_overwrites_another(stores: Sequence[Store]) -> None:
    """As many approvals succeed as there are revisions."""
    made = propose(stores[0])

    def approve(number: int) -> Act:
        return lambda store: store.commit(approval(seen(store, made.id), f"person {number}"))

    landed = at_once(stores, [approve(number) for number in range(PEOPLE)])
    after = seen(stores[0], made.id)
    assert after.revision == landed.count(True) >= 1
    winners = {f"person {number}" for number, won in enumerate(landed) if won}
    assert {each.by for each in after.approvals} == winners
    assert_events_tell(stores[0], after)


def test_retries_succeed(stores: Sequence[Store]) -> None:
    made = propose(stores[0])

    def insist(number: int) -> Act:
        def act(store: Store) -> bool:
            while not store.commit(approval(seen(store, made.id), f"person {number}")):
                pass
            return True

        return act

    at_once(stores, [insist(number) for number in range(10)])
    after = seen(stores[0], made.id)
    assert after.revision == len(after.approvals) == 10
    assert_events_tell(stores[0], after)


@pytest.mark.parametrize("turn", range(4))
def test_one_of_several_different_changes_succeeds(stores: Sequence[Store], turn: int) -> None:
    made = propose(stores[0])
    acts = [
        commits(approval(made, "ann")),
        commits(closed(made, PlanState.DISMISSED, AuditEventName.DISMISSED, "bob")),
        commits(replace(new_version(made, "old"), pins_added=[pin("older")])),
        commits(closed(made, PlanState.EXPIRED, AuditEventName.EXPIRED, "ecr-clean")),
    ]
    order = [*acts[turn:], *acts[:turn]]
    landed = at_once(stores, order)
    assert landed.count(True) == 1
    after, won = seen(stores[0], made.id), acts.index(order[landed.index(True)])
    assert after.revision == 1
    assert after.state == ["approved", "dismissed", "proposed", "expired"][won]
    assert (after.version, stores[0].pins()) == ((2, [pin("older")]) if won == 2 else (1, []))
    assert len(list(stores[0].events())) == 2


def test_one_of_several_new_plans_is_stored(stores: Sequence[Store]) -> None:
    plans = [record() for _ in range(8)]
    changes = [StoreChange([event(plan=p.id)], after=p, content=content("old")) for p in plans]
    landed = at_once(stores, [commits(change) for change in changes])
    assert landed.count(True) == 1
    assert list(stores[0].plans()) == [plans[landed.index(True)]]
    assert [each.plan for each in stores[0].events()] == [plans[landed.index(True)].id]


def test_a_pin_is_removed_once(stores: Sequence[Store]) -> None:
    stores[0].commit(StoreChange([], pins_added=[pin("1.0")]))
    removal = StoreChange([event(AuditEventName.UNPINNED)], pins_removed=[pin("1.0")])
    assert at_once(stores, [commits(removal)] * 8).count(True) == 1
    assert len(list(stores[0].events())) == 1


def test_the_same_pins_in_any_order_are_set_once(stores: Sequence[Store]) -> None:
    pins = [pin(text) for text in "abcdef"]
    orders = [pins, pins[::-1]] * 5
    acts = [commits(StoreChange([event()], pins_added=order)) for order in orders]
    assert at_once(stores, acts).count(True) == 1
    assert stores[0].pins() == pins
    assert len(list(stores[0].events())) == 1


def test_replacing_pins_causes_no_deadlock(stores: Sequence[Store]) -> None:
    """Half of the changes read only `b`, before `a` was added."""
    old = [pin("a"), pin("b")]
    stores[0].commit(StoreChange([], pins_added=old))
    new = [pin("a", by="bob"), pin("b", by="bob")]
    informed = StoreChange([event()], pins_removed=old, pins_added=new)
    late = replace(informed, pins_removed=old[1:])
    assert at_once(stores, [commits(informed), commits(late)] * 5).count(True) == 1
    assert stores[0].pins() == new


def test_a_run_starts_once(stores: Sequence[Store]) -> None:
    made = propose(stores[0])
    runs = [replace(run_of(made), worker=worker(number)) for number in range(8)]
    landed = at_once(stores, [commits(StoreChange([event()], run=run)) for run in runs])
    assert landed.count(True) == 1
    assert stores[0].run(made.id) == runs[landed.index(True)]
    assert len(list(stores[0].events())) == 2


def test_a_run_is_taken_over_once(stores: Sequence[Store]) -> None:
    run = begin(stores[0])
    landed = at_once(stores, [commits(take_over(run, worker(number))) for number in range(8)])
    assert landed.count(True) == 1
    assert stores[0].run(run.plan) == taken_over(run, worker(landed.index(True)))
    heirs = [each.by for each in stores[0].events() if each.event is AuditEventName.TAKEN_OVER]
    assert heirs == [worker(landed.index(True)).host]


def test_a_run_is_renewed_or_taken_over(stores: Sequence[Store]) -> None:
    run, later = begin(stores[0]), NOW + timedelta(hours=1)
    renewed, taken = at_once(
        stores, [lambda store: store.renew_run(run, later), commits(take_over(run, BOB))]
    )
    heir, longer = taken_over(run, BOB), replace(run, leased_until=later)
    assert renewed is not taken
    assert stores[0].run(run.plan) == (heir if taken else longer)


def test_a_takeover_sees_everything_that_was_written(stores: Sequence[Store]) -> None:
    """Former workers write before the takeover, or not at all."""
    run = begin(stores[0])
    heir = taken_over(run, BOB)

    def journal(number: int) -> Act:
        return lambda store: store.journal(run, [DeletionBatch(number, ())], [])

    def take(store: Store) -> bool:
        assert store.commit(take_over(run, BOB))
        found.extend(each.number for each in store.unanswered(heir))
        return True

    found: list[int] = []
    written = at_once(stores, [*map(journal, range(1, 10)), take])[:-1]
    assert found == [number for number, landed in enumerate(written, 1) if landed]
    assert stores[0].batches_journalled(heir) == len(found)


def test_simultaneous_answers_are_all_written(stores: Sequence[Store]) -> None:
    plan = content(*(f"{number:03}" for number in range(400)))
    made = record(hash=content_hash(plan))
    assert stores[0].commit(StoreChange([], after=made, content=plan))
    run = run_of(made)
    assert stores[0].commit(started(made, run))
    batches = [DeletionBatch(each + 1, plan.delete[each::8]) for each in range(8)]
    assert stores[0].journal(run, batches, [])

    def settle(batch: DeletionBatch) -> Act:
        fates = [
            ImageResult(digest, ImageOutcome.DELETED, NoRuleKeeps()) for digest in batch.digests
        ]
        return lambda store: store.record_results(
            run, fates, [batch], [event(AuditEventName.DELETED)]
        )

    assert all(at_once(stores, [settle(batch) for batch in batches]))
    assert {item.outcome for item in stores[0].items(run.plan, 1)} == {ImageOutcome.DELETED}
    assert stores[0].unanswered(run) == []
    assert [each.event for each in stores[0].events()].count(AuditEventName.DELETED) == 8


def test_nothing_is_lost_between_scans_and_usage(stores: Sequence[Store]) -> None:
    def remember(minute: int) -> Act:
        def act(store: Store) -> bool:
            at = NOW + timedelta(minutes=minute)
            store.save_tag_scan(HERE, TagScan(at, {}, {f"sha256:{minute}": at}))
            store.accept("ecs", "here", WorkloadCount(minute, at))
            store.doubt(
                DoubtedUsage("ecs", "here", WorkloadCount(minute, at), WorkloadCount(minute, at))
            )
            return True

        return act

    at_once(stores, [remember(minute) for minute in range(10)])
    latest = NOW + timedelta(minutes=9)
    assert stores[0].tag_scan(HERE) == TagScan(latest, {}, {"sha256:9": latest})
    assert stores[0].history("ecs", "here").last


def worker(number: int) -> PlanWorker:
    return replace(BOB, host=f"host {number}", pid=number)


def commits(change: StoreChange) -> Act:
    return lambda store: store.commit(change)


def assert_events_tell(store: Store, after: PlanRecord) -> None:
    """Every approval has an event, and every event an approval."""
    told = Counter(each.by for each in store.events() if each.event is AuditEventName.APPROVED)
    assert told == Counter(each.by for each in after.approvals)
