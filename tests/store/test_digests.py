"""Digests, and the plans that users approve together."""

from dataclasses import replace
from datetime import timedelta

from bot.core.digests import Digest, PlanSelection
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from bot.store.store import Store
from tests.store.support import HERE, THERE, approval, propose
from tests.support import NOW

ROUND = ReportRound("*", NOW.replace(tzinfo=None, second=7), 0.0)
DIGEST = Digest("d1", ROUND.entry, ROUND.local, "C1", NOW)


def ready(plan: PlanRecord) -> ScheduledReport:
    uri = plan.repository.uri
    return ScheduledReport(uri, ROUND, ReportOutcome.READY, plan=plan.id)


def posted(store: Store, digest: Digest = DIGEST, ts: str = "1.0") -> Digest:
    made = store.make_digest(digest)
    assert store.mark_digest_posted(made, ts)
    return replace(made, ts=ts)


def test_a_round_has_one_digest(store: Store) -> None:
    assert store.make_digest(DIGEST) == DIGEST
    assert store.make_digest(replace(DIGEST, id="d2")) == DIGEST
    assert store.digest("d1") == store.digest_of_round("*", ROUND.local) == DIGEST
    assert store.digest("d2") is store.newest_digest() is None


def test_a_digest_is_posted_once(store: Store) -> None:
    digest = posted(store)
    assert not store.mark_digest_posted(digest, "2.0")
    assert store.newest_digest("C1") == store.newest_digest() == digest
    assert store.newest_digest("C2") is None
    assert store.digest_of_message("C1", "1.0") == digest
    assert store.digest_of_message("C2", "1.0") is store.digest_of_message("C1", "2.0") is None
    assert store.mark_digest_listed(digest)
    assert not store.mark_digest_listed(digest)


def test_reports_of_a_digest(store: Store) -> None:
    plan = propose(store)
    nothing = ScheduledReport(THERE.uri, ROUND, ReportOutcome.NOTHING)
    store.add_reports([ready(plan), nothing], NOW)
    digest = posted(store)
    assert store.digest_reports(digest) == [(ready(plan), plan), (nothing, None)]
    assert store.digests_of_plan(plan.id) == [digest]


def test_a_digest_is_outdated_after_each_change(store: Store) -> None:
    plan = propose(store)
    store.add_reports([ready(plan)], NOW)
    digest = posted(store)
    (outdated,) = store.outdated_digests(5)
    assert (outdated.digest, outdated.is_deleting) == (digest, False)
    assert outdated.state == store.digest_state(digest)
    assert store.mark_digest_shown(digest, outdated.state, NOW)
    assert store.outdated_digests(5) == []
    assert store.commit(approval(plan, "ann"))
    (outdated,) = store.outdated_digests(5)
    assert store.mark_digest_shown(outdated.digest, outdated.state, NOW)
    store.add_reports([ScheduledReport(THERE.uri, ROUND, ReportOutcome.NOTHING)], NOW)
    assert [each.digest.id for each in store.outdated_digests(5)] == ["d1"]
    store.forget_digest(digest)
    assert store.outdated_digests(5) == []


def test_older_digests(store: Store) -> None:
    later = ROUND.local + timedelta(days=7)
    old, elsewhere = posted(store), replace(DIGEST, id="d3", channel="C2", local=later)
    posted(store, elsewhere, "3.0")
    new = replace(
        DIGEST, id="d2", local=later + timedelta(hours=1), made_at=NOW + timedelta(days=7)
    )
    assert store.older_digests(posted(store, new, "2.0")) == [old]


def test_a_selection_is_submitted_once(store: Store) -> None:
    plans = [propose(store), propose(store, THERE)]
    store.make_digest(DIGEST)
    selection = PlanSelection("s1", "d1", "U1", NOW, {plan.id: 1 for plan in plans})
    store.save_selection(selection)
    assert store.selection("s1") == selection
    assert store.selection("s2") is None
    assert store.mark_submitted(selection, NOW)
    assert not store.mark_submitted(selection, NOW)
    store.record_selected_approvals(selection, [plans[0].id])
    approved = frozenset([plans[0].id])
    assert store.selection("s1") == replace(selection, submitted_at=NOW, approved=approved)


def test_numbers_of_image_groups_are_stored(store: Store) -> None:
    plan = propose(store)
    found = store.plan(plan.id)
    assert found
    assert found.image_groups == plan.image_groups
    assert found.state is PlanState.PROPOSED
    assert found.repository == HERE


def test_two_processes_update_a_digest(store: Store) -> None:
    """It is unknown whose update came last, so the digest is updated again."""
    store.add_reports([ready(propose(store))], NOW)
    digest = posted(store)
    state = store.digest_state(digest)
    assert store.mark_digest_shown(digest, state, NOW)
    assert not store.mark_digest_shown(digest, state, NOW + timedelta(seconds=1))
    assert [each.digest.id for each in store.outdated_digests(5)] == ["d1"]
