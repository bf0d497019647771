"""All audit events, with their digests."""

from datetime import timedelta

from bot.core.audit_details import PinDetail
from bot.core.records import AuditEventName
from bot.usecases.audit import all_events
from tests.store.support import event
from tests.usecases.store_env import StoreEnv


def test_events_of_a_version_have_the_digests_that_it_deletes(env: StoreEnv) -> None:
    plan = env.proposed()
    all_that_go = tuple(item.digest for item in env.store.items(plan.id, 1))
    env.pin("old")
    env.approve(env.as_stored(plan))
    fewer = tuple(item.digest for item in env.store.items(plan.id, 2))
    assert (len(all_that_go), len(fewer)) == (2, 1)
    assert [(each.event, each.version, each.digests) for each in all_events(env.store)] == [
        (AuditEventName.PROPOSED, 1, (*fewer, *(set(all_that_go) - set(fewer)))),
        (AuditEventName.PINNED, 1, tuple(set(all_that_go) - set(fewer))),
        (AuditEventName.PROPOSED, 2, fewer),
        (AuditEventName.APPROVED, 2, fewer),
    ]


def test_other_events_are_not_changed(env: StoreEnv) -> None:
    plan = env.proposed()
    told = [
        event(AuditEventName.CONFIRMED_USAGE),
        event(AuditEventName.APPROVED, digests=("sha256:a",), plan=plan.id, version=1),
        event(AuditEventName.PROPOSED, plan=plan.id),
        event(AuditEventName.PROPOSED, version=1),
        event(AuditEventName.DISMISSED, plan=plan.id, version=1),
    ]
    for each in told:
        env.store.record(each)
    assert list(all_events(env.store))[1:] == told


def test_events_since_a_time(env: StoreEnv) -> None:
    env.pin("a")
    env.now += timedelta(days=1)
    env.pin("b")
    (event,) = all_events(env.store, env.now)
    assert isinstance(event.detail, PinDetail)
    assert event.detail.pin.pin == "b"
