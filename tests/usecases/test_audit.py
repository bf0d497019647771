"""Every event, with the digests that it was about."""

from datetime import timedelta

from bot.core.audit_details import PinDetail
from bot.core.records import AuditEventName
from bot.usecases.audit import all_events
from tests.store.support import event
from tests.usecases.scene import Scene


def test_proposals_and_approvals_are_about_what_their_version_deletes(scene: Scene) -> None:
    plan = scene.proposed()
    all_that_go = tuple(item.digest for item in scene.store.items(plan.id, 1))
    scene.pin("old")
    scene.approve(scene.as_stored(plan))
    fewer = tuple(item.digest for item in scene.store.items(plan.id, 2))
    assert (len(all_that_go), len(fewer)) == (2, 1)
    assert [(each.event, each.version, each.digests) for each in all_events(scene.store)] == [
        (AuditEventName.PROPOSED, 1, (*fewer, *(set(all_that_go) - set(fewer)))),
        (AuditEventName.PINNED, 1, tuple(set(all_that_go) - set(fewer))),
        (AuditEventName.PROPOSED, 2, fewer),
        (AuditEventName.APPROVED, 2, fewer),
    ]


def test_what_is_about_no_plan_or_tells_digests_itself_stays_as_it_is(scene: Scene) -> None:
    plan = scene.proposed()
    told = [
        event(AuditEventName.CONFIRMED_USAGE),
        event(AuditEventName.APPROVED, digests=("sha256:a",), plan=plan.id, version=1),
        event(AuditEventName.PROPOSED, plan=plan.id),
        event(AuditEventName.PROPOSED, version=1),
        event(AuditEventName.DISMISSED, plan=plan.id, version=1),
    ]
    for each in told:
        scene.store.record(each)
    assert list(all_events(scene.store))[1:] == told


def test_nothing_earlier_than_asked(scene: Scene) -> None:
    scene.pin("a")
    scene.now += timedelta(days=1)
    scene.pin("b")
    (event,) = all_events(scene.store, scene.now)
    assert isinstance(event.detail, PinDetail)
    assert event.detail.pin.pin == "b"
