"""Results of plans."""

from dataclasses import replace

from bot.core.audit_details import StartPrevented
from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, ImageOutcome, ImageResult, PlanItem, StoreChange
from bot.core.result_reasons import KeptByRulesNow, RefusedByEcr
from bot.core.verdict_reasons import InUse
from bot.store.store import Store
from tests.store.support import (
    HERE,
    THERE,
    approval,
    begin,
    closed,
    event,
    new_version,
    propose,
    seen,
)


def test_outcomes_are_counted_and_images_not_deleted_are_listed(store: Store) -> None:
    run = begin(store)
    assert store.outcome_summary(run.plan, 1, 5) == ({ImageOutcome.PENDING: 2}, ())
    fates = [
        ImageResult("sha256:old", ImageOutcome.SKIPPED, KeptByRulesNow(InUse(("ecs/prod",)))),
        ImageResult(
            "sha256:older",
            ImageOutcome.FAILED,
            RefusedByEcr("ImageReferencedByManifestList", "ECR says no"),
        ),
    ]
    assert store.record_results(run, fates, [], [])
    counts, told = store.outcome_summary(run.plan, 1, 5)
    assert counts == {ImageOutcome.SKIPPED: 1, ImageOutcome.FAILED: 1}
    failed, skipped = told
    assert failed == PlanItem(
        "sha256:older",
        ("older",),
        ImageOutcome.FAILED,
        RefusedByEcr("ImageReferencedByManifestList", "ECR says no"),
    )
    assert skipped == PlanItem(
        "sha256:old", ("old",), ImageOutcome.SKIPPED, KeptByRulesNow(InUse(("ecs/prod",)))
    )
    assert store.outcome_summary(run.plan, 1, 1).not_deleted == (failed,)
    assert store.outcome_summary(run.plan, 2, 5) == ({}, ())


def test_freed_bytes_by_region(store: Store) -> None:
    assert store.freed_bytes_by_region() == {}
    freed = {PlanState.DONE: 2**40, PlanState.FAILED: 20, PlanState.STOPPED: 3}
    for state, freed_bytes in freed.items():
        plan = propose(store)
        ended = replace(plan, state=state, freed_bytes=freed_bytes)
        assert store.commit(StoreChange([event(AuditEventName.ENDED)], plan, ended))
    for state in (PlanState.DISMISSED, PlanState.EXPIRED, PlanState.SUPERSEDED):
        assert store.commit(closed(propose(store), state, AuditEventName.DISMISSED))
    propose(store, HERE)
    elsewhere = replace(THERE, registry=replace(THERE.registry, region="us-east-1"))
    plan = propose(store, elsewhere)
    ended = replace(plan, state=PlanState.DONE, freed_bytes=7)
    assert store.commit(StoreChange([event(AuditEventName.ENDED)], plan, ended))
    assert store.freed_bytes_by_region() == {"eu-west-1": 2**40 + 23, "us-east-1": 7}


def test_the_last_event(store: Store) -> None:
    plan = propose(store)
    propose(store, THERE)
    assert store.last_event("another") is None
    first = store.last_event(plan.id)
    assert first
    assert first.event is AuditEventName.PROPOSED
    assert store.commit(approval(plan, "ann"))
    told = event(
        AuditEventName.NOT_STARTED,
        detail=StartPrevented(ErrorText("ECS does not answer")),
        plan=plan.id,
    )
    store.record(told)
    assert store.last_event(plan.id) == told


def test_refusals_are_not_the_last_event(store: Store) -> None:
    plan = propose(store)
    store.record(event(AuditEventName.REFUSED, plan=plan.id))
    last = store.last_event(plan.id)
    assert last
    assert last.event is AuditEventName.PROPOSED


def test_void_approvals_are_notified_once(store: Store) -> None:
    plan = propose(store)
    assert store.plans_with_void_approvals(9) == []
    assert store.commit(approval(plan, "ann"))
    approved = seen(store, plan.id)
    assert store.plans_with_void_approvals(9) == []
    assert store.commit(new_version(approved, "old"))
    renewed = seen(store, plan.id)
    assert store.plans_with_void_approvals(9) == [renewed]
    assert store.mark_notified(renewed, renewed.version)
    assert not store.mark_notified(renewed, renewed.version)
    assert store.plans_with_void_approvals(9) == []
    assert store.mark_notified(renewed, None)
    assert store.plans_with_void_approvals(9) == [renewed]


def test_void_approvals_of_closed_plans_are_not_notified(store: Store) -> None:
    plan = propose(store)
    assert store.commit(approval(plan, "ann"))
    assert store.commit(new_version(seen(store, plan.id), "old"))
    ended = closed(seen(store, plan.id), PlanState.DISMISSED, AuditEventName.DISMISSED)
    assert store.commit(ended)
    assert store.plans_with_void_approvals(9) == []
