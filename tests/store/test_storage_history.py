"""What repositories stored over time."""

from dataclasses import replace
from datetime import timedelta

from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, ImageOutcome, ImageResult, KeptManifest, StoreChange
from bot.core.storage_history import RunFreed, StorageDay, StorageHistory
from bot.store.store import Store
from tests.store.support import HERE, THERE, begin, event, propose
from tests.support import NOW

DAY = timedelta(days=1)
SCAN = StorageDay(NOW, 7, 100, 20, 30, 4)
RECONSTRUCTED = StorageDay(NOW - 7 * DAY, 5, 80, is_measured=False)


def test_days_are_returned_as_stored(store: Store) -> None:
    unknown = StorageDay(NOW - DAY, 3, None)
    store.save_storage_day(HERE, SCAN)
    store.save_storage_day(HERE, unknown)
    store.save_reconstructed_days(HERE, [RECONSTRUCTED])
    store.save_storage_day(THERE, SCAN)
    assert store.storage_history(HERE) == StorageHistory([RECONSTRUCTED, unknown, SCAN], ())
    assert store.storage_histories((NOW - 2 * DAY).date()) == {
        HERE.uri: StorageHistory([RECONSTRUCTED, unknown, SCAN], ()),
        THERE.uri: StorageHistory([SCAN], ()),
    }


def test_histories_begin_with_the_last_day_before_a_time(store: Store) -> None:
    older = replace(RECONSTRUCTED, at=NOW - 14 * DAY)
    store.save_reconstructed_days(HERE, [older, RECONSTRUCTED])
    store.save_storage_day(HERE, SCAN)
    store.save_reconstructed_days(THERE, [older])
    expected = {
        NOW - 7 * DAY: ([older, RECONSTRUCTED, SCAN], [older]),
        NOW - 6 * DAY: ([RECONSTRUCTED, SCAN], [older]),
        NOW + DAY: ([SCAN], [older]),
    }
    for since, (here, there) in expected.items():
        assert store.storage_histories(since.date()) == {
            HERE.uri: StorageHistory(here, ()),
            THERE.uri: StorageHistory(there, ()),
        }


def test_a_repository_without_scans(store: Store) -> None:
    assert store.storage_history(HERE) == StorageHistory((), ())
    assert store.storage_histories(NOW.date()) == {}


def test_the_last_scan_of_a_day_counts(store: Store) -> None:
    later = replace(SCAN, at=NOW + timedelta(minutes=5), stored_bytes=60)
    store.save_storage_day(HERE, SCAN)
    store.save_storage_day(HERE, later)
    store.save_storage_day(HERE, SCAN)
    store.save_reconstructed_days(HERE, [replace(RECONSTRUCTED, at=NOW)])
    assert store.storage_history(HERE).days == [later]


def test_a_scan_replaces_a_reconstructed_day(store: Store) -> None:
    store.save_reconstructed_days(HERE, [replace(RECONSTRUCTED, at=NOW - timedelta(minutes=5))])
    store.save_storage_day(HERE, SCAN)
    assert store.storage_history(HERE).days == [SCAN]


def test_runs_with_the_time_of_their_end(store: Store) -> None:
    plan = propose(store)
    ended = replace(plan, state=PlanState.STOPPED, freed_bytes=40, unconfirmed_bytes=2)
    at = NOW + timedelta(hours=3)
    events = [
        event(AuditEventName.DELETED, plan=plan.id),
        replace(event(AuditEventName.ENDED, plan=plan.id), at=at),
    ]
    assert store.commit(StoreChange(events, plan, ended))
    assert store.storage_history(HERE).runs == [RunFreed(plan.id, at, 40, 2)]
    store.save_storage_day(HERE, SCAN)
    assert store.storage_histories(NOW.date())[HERE.uri].runs == [RunFreed(plan.id, at, 40, 2)]
    assert store.storage_history(THERE).runs == ()


def test_sizes_at_a_time_are_those_of_the_last_scans(store: Store) -> None:
    store.save_storage_day(HERE, replace(SCAN, at=NOW - 8 * DAY, stored_bytes=70))
    store.save_storage_day(HERE, replace(SCAN, at=NOW - 7 * DAY, stored_bytes=90))
    store.save_storage_day(HERE, SCAN)
    store.save_reconstructed_days(THERE, [RECONSTRUCTED])
    for at, expected in (
        (NOW - 9 * DAY, {}),
        (NOW - 7 * DAY - timedelta(minutes=1), {HERE.uri: 70}),
        (NOW - 7 * DAY, {HERE.uri: 90}),
        (NOW, {HERE.uri: 100}),
    ):
        assert store.stored_bytes_at(at) == expected


def test_sizes_at_a_time_do_not_count_what_runs_freed_until_then(store: Store) -> None:
    run = begin(store)
    before = store.plan(run.plan)
    assert before
    after = replace(before, state=PlanState.DONE, freed_bytes=40, unconfirmed_bytes=2)
    ended = event(AuditEventName.ENDED, plan=run.plan)
    assert store.commit(StoreChange([ended], before, after))
    store.save_storage_day(HERE, replace(SCAN, at=NOW - DAY))
    for at in (NOW - DAY, NOW - timedelta(minutes=1)):
        assert store.stored_bytes_at(at) == {HERE.uri: 100}
    found = store.stored_bytes_at(NOW + DAY)
    assert found == {HERE.uri: 58}
    assert isinstance(found[HERE.uri], int)
    store.save_storage_day(HERE, replace(SCAN, at=NOW + timedelta(minutes=5)))
    assert store.stored_bytes_at(NOW + DAY) == {HERE.uri: 100}


def test_a_size_that_the_last_scan_did_not_find_is_unknown(store: Store) -> None:
    store.save_storage_day(HERE, replace(SCAN, at=NOW - DAY))
    store.save_storage_day(HERE, replace(SCAN, stored_bytes=None))
    assert store.stored_bytes_at(NOW) == {}


def test_deleted_manifests(store: Store) -> None:
    run = begin(store)
    kept = [KeptManifest(HERE.uri, f"sha256:{tag}", (tag,), None, "{}") for tag in ("old", "older")]
    store.journal(run, [], kept)
    deleted = ImageResult("sha256:old", ImageOutcome.DELETED, ErrorText("gone"))
    failed = ImageResult("sha256:older", ImageOutcome.SKIPPED, ErrorText("pinned"))
    assert store.record_results(run, [deleted, failed], [], [])
    plan = store.plan(run.plan)
    assert plan
    assert list(store.deleted_manifests(plan)) == kept[:1]
