"""Runs: only the worker that has a run may write to it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from sqlalchemy import event as sql_event

from bot.core.errors import ErrorText, ServiceError
from bot.core.plan import PlanState, content_hash
from bot.core.records import (
    AuditEventName,
    DeletionBatch,
    ImageOutcome,
    ImageResult,
    KeptManifest,
    PlanItem,
    PlanRun,
    PlanWorker,
    StoreChange,
)
from bot.core.verdict_reasons import NoRuleKeeps
from bot.store.store import Store
from bot.store.tables import KeptManifestRow
from tests.store.support import (
    ANN,
    BEHIND_A_POOLER_TOO,
    BOB,
    HERE,
    LEASE,
    THERE,
    begin,
    closed,
    content,
    event,
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

FIRST, SECOND = DeletionBatch(1, ("sha256:old", "sha256:x")), DeletionBatch(2, ("sha256:older",))
DELETED = ImageResult("sha256:old", ImageOutcome.DELETED, NoRuleKeeps())
KEPT = KeptManifest(HERE.uri, "sha256:old", ("old", "1.0"), "application/json", "{}")


@pytest.mark.parametrize("worker", [ANN, BOB])
def test_a_run_starts_with_its_plan(store: Store, worker: PlanWorker) -> None:
    made = propose(store)
    run = replace(run_of(made), worker=worker)
    assert store.run(made.id) is None
    assert store.commit(started(made, run))
    assert store.run(made.id) == run
    assert seen(store, made.id).state is PlanState.EXECUTING


def test_a_run_starts_once(store: Store) -> None:
    run = begin(store)
    before = seen(store, run.plan)
    again = replace(started(before, replace(run, worker=BOB)), pins_added=[pin("p")])
    assert not store.commit(again)
    assert store.run(run.plan) == run
    assert seen(store, run.plan) == before
    assert store.pins() == []
    assert told(store) == [AuditEventName.PROPOSED, AuditEventName.STARTED]


def test_a_changed_plan_starts_no_run(store: Store) -> None:
    made = propose(store)
    assert store.commit(closed(made, PlanState.DISMISSED, AuditEventName.DISMISSED))
    assert not store.commit(started(made, run_of(made)))
    assert store.run(made.id) is None


def test_a_removed_pin_prevents_a_run(store: Store) -> None:
    made = propose(store)
    assert not store.commit(replace(started(made, run_of(made)), pins_removed=[pin("gone")]))
    assert store.run(made.id) is None
    assert store.plan(made.id) == made


def test_a_run_is_taken_over(store: Store) -> None:
    run = begin(store)
    assert store.commit(take_over(run, BOB))
    assert store.run(run.plan) == taken_over(run, BOB)
    assert told(store)[-1] is AuditEventName.TAKEN_OVER


def test_a_renewed_run_is_not_taken_over(store: Store) -> None:
    run = begin(store)
    assert store.renew_run(run, run.leased_until + LEASE)
    before = seen(store, run.plan)
    after = replace(before, stop_asked_by="bob")
    assert not store.commit(replace(take_over(run, BOB), before=before, after=after))
    assert store.run(run.plan) == replace(run, leased_until=run.leased_until + LEASE)
    assert seen(store, run.plan) == before
    assert told(store)[-1] is AuditEventName.STARTED


def test_a_run_is_not_taken_over_twice(store: Store) -> None:
    run = begin(store)
    heir = taken_over(run, BOB)
    assert store.commit(take_over(run, BOB))
    assert not store.commit(take_over(run, ANN))
    assert store.run(run.plan) == heir


def test_a_missing_run_is_not_taken_over(store: Store) -> None:
    assert not store.commit(take_over(run_of(propose(store)), BOB))


def test_a_lost_run_cannot_end_the_plan(store: Store) -> None:
    run = begin(store)
    assert store.commit(take_over(run, BOB))
    before = seen(store, run.plan)
    end = closed(before, PlanState.DONE, AuditEventName.ENDED)
    assert not store.commit(replace(end, run_before=run, run=run))
    assert seen(store, run.plan) == before
    heir = taken_over(run, BOB)
    assert store.commit(replace(end, run_before=heir, run=heir))
    assert seen(store, run.plan).state is PlanState.DONE


def test_a_lease_is_renewed(store: Store) -> None:
    run, later = begin(store), NOW + timedelta(hours=1)
    assert store.renew_run(run, later)
    assert store.run(run.plan) == replace(run, leased_until=later)


@pytest.mark.parametrize("hours", [0, 5, -5])
def test_a_lease_never_gets_shorter(store: Store, hours: int) -> None:
    """Times in different zones are compared."""
    run, zone = begin(store), timezone(timedelta(hours=hours))
    late, earlier = (NOW + timedelta(hours=1)).astimezone(zone), NOW.astimezone(zone)
    assert store.renew_run(run, late)
    assert store.renew_run(run, earlier)
    assert store.run(run.plan) == replace(run, leased_until=NOW + timedelta(hours=1))


def test_a_released_run_can_be_taken_over_immediately(store: Store) -> None:
    run = begin(store)
    assert store.release_run(run, NOW)
    released = replace(run, leased_until=NOW)
    assert store.run(run.plan) == released
    assert not store.commit(take_over(run, BOB))
    assert store.commit(take_over(released, BOB))


def test_an_expired_lease_can_still_be_renewed(store: Store) -> None:
    run = begin(store, leased_until=NOW - timedelta(days=1000))
    assert store.journal(run, [FIRST], [])
    assert store.record_results(run, [DELETED], [FIRST], [])
    assert store.renew_run(run, NOW)


def test_batches_are_open_until_they_are_answered(store: Store) -> None:
    run = begin(store)
    assert store.unanswered(run) == []
    assert store.batches_journalled(run) == 0
    assert store.journal(run, [SECOND, FIRST], [])
    assert store.unanswered(run) == [FIRST, SECOND]
    assert store.record_results(run, [], [FIRST], [])
    assert store.unanswered(run) == [SECOND]
    assert store.batches_journalled(run) == 2
    third = DeletionBatch(3, ())
    assert store.journal(run, [third], [])
    assert store.unanswered(run) == [SECOND, third]
    assert store.record_results(run, [], [third, SECOND], [])
    assert store.unanswered(run) == []
    assert store.batches_journalled(run) == 3


def test_a_takeover_finds_the_batches_in_flight(store: Store) -> None:
    run = begin(store)
    heir = taken_over(run, BOB)
    store.journal(run, [FIRST], [])
    store.commit(take_over(run, BOB))
    assert store.journal(heir, [SECOND], [])
    assert store.unanswered(heir) == [FIRST, SECOND]
    assert store.batches_journalled(heir) == 2
    assert store.record_results(heir, [], [FIRST], [])
    assert store.unanswered(heir) == [SECOND]


def test_runs_are_independent(store: Store) -> None:
    here = begin(store)
    plan_there = propose(store, THERE)
    there = run_of(plan_there)
    assert store.commit(started(plan_there, there))
    assert store.journal(here, [FIRST], [])
    assert store.journal(there, [FIRST, SECOND], [])
    assert store.record_results(here, [DELETED], [FIRST], [])
    assert store.unanswered(there) == [FIRST, SECOND]
    assert store.batches_journalled(there) == 2
    assert {item.outcome for item in store.items(there.plan, 1)} == {ImageOutcome.PENDING}


def test_a_batch_that_is_recorded_twice_is_stored_once(store: Store) -> None:
    """If the answer to a commit was lost, it is unknown whether it succeeded."""
    run = begin(store)
    for _ in range(2):
        assert store.journal(run, [FIRST], [KEPT])
    assert store.unanswered(run) == [FIRST]
    assert store.record_results(run, [], [FIRST], [])
    assert store.journal(run, [FIRST, SECOND], [])
    assert store.unanswered(run) == [SECOND]


def test_a_batch_is_marked_as_sent(store: Store) -> None:
    run = begin(store)
    assert store.journal(run, [FIRST, SECOND], [])
    assert store.mark_sent(run, SECOND, NOW)
    sent = replace(SECOND, sent_at=NOW)
    assert store.unanswered(run) == [FIRST, sent]
    assert store.journal(run, [SECOND], [])
    assert store.unanswered(run) == [FIRST, sent]


def test_unconfirmed_deletions_are_stored(store: Store) -> None:
    run = begin(store)
    unconfirmed = replace(DELETED, is_unconfirmed=True)
    assert store.record_results(run, [unconfirmed], [], [])
    assert [item.is_unconfirmed for item in store.items(run.plan, 1)] == [True, False]


def test_outcomes_have_reasons(store: Store) -> None:
    run = begin(store)
    done = event(AuditEventName.DELETED, plan=run.plan, digests=("sha256:old",))
    failed = ImageResult("sha256:older", ImageOutcome.FAILED, ErrorText("ECR said: x, 'y' % \"z\""))
    assert store.journal(run, [FIRST], [])
    assert store.record_results(run, [DELETED], [FIRST], [done])
    assert store.items(run.plan, 1) == [
        PlanItem("sha256:old", ("old",), ImageOutcome.DELETED, DELETED.reason),
        PlanItem("sha256:older", ("older",), ImageOutcome.PENDING, None),
    ]
    assert store.record_results(run, [failed], [], [])
    assert store.items(run.plan, 1)[1] == PlanItem(
        "sha256:older", ("older",), ImageOutcome.FAILED, failed.reason
    )
    assert list(store.events())[-1] == done


def test_an_outcome_belongs_to_the_executed_version(store: Store) -> None:
    made = propose(store)
    plan = content("old", "older")
    second = replace(made, version=2, hash=content_hash(plan))
    assert store.commit(StoreChange([], made, second, plan))
    run = run_of(seen(store, made.id))
    assert store.commit(started(seen(store, made.id), run))
    assert store.record_results(run, [DELETED], [], [])
    assert store.items(made.id, 1) == []
    assert [item.outcome for item in store.items(made.id, 2)] == ["deleted", "pending"]


LATE: dict[str, Callable[[Store, PlanRun], bool]] = {
    "renew": lambda store, run: store.renew_run(run, NOW + timedelta(days=1)),
    "release": lambda store, run: store.release_run(run, NOW),
    "journal": lambda store, run: store.journal(run, [SECOND], [KEPT]),
    "journal nothing": lambda store, run: store.journal(run, [], []),
    "mark sent": lambda store, run: store.mark_sent(run, FIRST, NOW),
    "record_results": lambda store, run: store.record_results(run, [DELETED], [FIRST], [event()]),
    "settle nothing": lambda store, run: store.record_results(run, [], [], []),
    "commit": lambda store, run: store.commit(
        StoreChange([event()], run_before=run, run=replace(run, leased_until=NOW))
    ),
}


@pytest.mark.parametrize("act", LATE.values(), ids=LATE)
def test_a_lost_run_cannot_be_written_to(
    store: Store, act: Callable[[Store, PlanRun], bool]
) -> None:
    run = begin(store)
    assert store.journal(run, [FIRST], [])
    assert store.commit(take_over(run, BOB))
    before = everything(store, run)
    assert not act(store, run)
    assert everything(store, run) == before


@pytest.mark.parametrize("act", LATE.values(), ids=LATE)
def test_a_run_that_never_started_cannot_be_written_to(
    store: Store, act: Callable[[Store, PlanRun], bool]
) -> None:
    run = run_of(propose(store))
    before = everything(store, run)
    assert not act(store, run)
    assert everything(store, run) == before


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    run = begin(store)
    assert store.journal(run, [FIRST], [])
    before = everything(store, run)
    unwritable = event(at=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="no time zone"):
        store.record_results(run, [DELETED], [FIRST], [unwritable])
    assert everything(store, run) == before


def test_results_of_a_large_plan_are_written_in_few_statements(store: Store) -> None:
    """A thousand outcomes per statement; the last may have one."""
    names = [f"{number:05}" for number in range(2_001)]
    plan = content(*names)
    made = record(hash=content_hash(plan))
    assert store.commit(StoreChange([], after=made, content=plan))
    run = run_of(made)
    assert store.commit(started(made, run))
    fates = [ImageResult(digest, ImageOutcome.DELETED, ErrorText(digest)) for digest in plan.delete]
    statements: list[str] = []
    sql_event.listen(
        store._database._engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    assert store.record_results(run, fates, [FIRST], [event(AuditEventName.DELETED)])
    assert len(statements) <= 8
    items = store.items(run.plan, 1)
    assert {item.outcome for item in items} == {ImageOutcome.DELETED}
    assert [item.reason for item in items] == list(map(ErrorText, plan.delete))


@pytest.mark.parametrize(
    "kept",
    [
        KEPT,
        replace(KEPT, tags=(), media_type=None, text=""),
        replace(KEPT, text=' {"a":\r\n\t"ü €\U0001f980 \x00 \\u0000"}\n', tags=("ü", "a'b")),
        replace(KEPT, text="half a character: \ud83e"),
        replace(KEPT, text="x" * 5_000_000),
    ],
    ids=["usual", "bare", "odd", "half", "large"],
)
def test_manifests_are_copied_unchanged(store: Store, kept: KeptManifest) -> None:
    run = begin(store)
    assert store.kept_manifest(kept.repository, kept.digest) is None
    assert store.journal(run, [FIRST], iter([kept]))
    assert store.kept_manifest(kept.repository, kept.digest) == kept


def test_the_last_copy_of_a_manifest_is_kept(store: Store) -> None:
    run = begin(store)
    retagged = replace(KEPT, tags=("new",))
    elsewhere = replace(KEPT, repository=THERE.uri, text="[]")
    assert store.journal(run, [FIRST], [KEPT, elsewhere])
    assert store.journal(run, [SECOND], [KEPT, retagged])
    assert store.kept_manifest(HERE.uri, KEPT.digest) == retagged
    assert store.kept_manifest(THERE.uri, KEPT.digest) == elsewhere
    assert store.kept_manifest(HERE.uri, "sha256:x") is None


def test_a_damaged_text_is_an_error(store: Store) -> None:
    assert store.journal(begin(store), [], [KEPT])
    with store._database.writing() as session:
        row = session.get(KeptManifestRow, (KEPT.repository, KEPT.digest))
        assert row
        row.text = row.text[:-1]
    with pytest.raises(ServiceError, match=r"text of sha256:old cannot be read .*: it is damaged"):
        store.kept_manifest(KEPT.repository, KEPT.digest)


def told(store: Store) -> list[AuditEventName]:
    return [each.event for each in store.events()]


def everything(store: Store, run: PlanRun) -> list[object]:
    """Tables that a run may change."""
    return [
        store.plan(run.plan),
        store.run(run.plan),
        store.items(run.plan, run.version),
        store.unanswered(run),
        store.batches_journalled(run),
        store.kept_manifest(KEPT.repository, KEPT.digest),
        told(store),
    ]
