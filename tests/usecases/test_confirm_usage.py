"""Confirming the number of workloads that a source lists."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit_details import RequestRefused, UsageConfirmed
from bot.core.errors import RequestError
from bot.core.permission_reasons import NotAnApprover
from bot.core.records import AuditEvent, AuditEventName
from bot.core.refusal_reasons import OutdatedWorkloadCount, WorkloadFigures
from bot.core.workload_counts import DoubtedUsage, WorkloadCount
from bot.ports import WorkloadCountMemory
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.decisions import confirm_usage_without_store
from tests.support import NOW
from tests.usecases.store_env import ANN, StoreEnv, refused

MANY, FEW = WorkloadCount(10, NOW - timedelta(days=1)), WorkloadCount(4, NOW)
DOUBTED = DoubtedUsage("ecs", "here", FEW, MANY)
FIGURES = WorkloadFigures("ecs", "here", 4, NOW, before=10, before_at=NOW - timedelta(days=1))
NONE_NOW = OutdatedWorkloadCount(4, replace(FIGURES, workloads=0))
"""The user saw 4 workloads, but a later scan found none."""


def doubt(memory: WorkloadCountMemory, doubted: DoubtedUsage = DOUBTED) -> None:
    memory.accept(doubted.source, doubted.scope, doubted.before)
    memory.doubt(doubted)


def confirm(env: StoreEnv) -> DoubtedUsage:
    return env.decisions().confirm_usage("ecs", "here", 4, ANN)


def test_a_confirmed_number_counts(cache: SqliteManifestCache) -> None:
    doubt(cache)
    assert confirm_usage_without_store(cache, "ecs", "here", 4) == DOUBTED
    assert cache.history("ecs", "here").last == FEW


def test_a_number_is_confirmed_once(cache: SqliteManifestCache) -> None:
    doubt(cache)
    confirm_usage_without_store(cache, "ecs", "here", 4)
    with pytest.raises(RequestError, match="no source has a drop in usage to confirm"):
        confirm_usage_without_store(cache, "ecs", "here", 4)


@pytest.mark.parametrize(("source", "scope"), [("ecs", "there"), ("lambda", "here")])
def test_only_a_doubted_source_can_be_confirmed(
    cache: SqliteManifestCache, source: str, scope: str
) -> None:
    doubt(cache)
    doubt(cache, DOUBTED._replace(source="files", scope="a.txt"))
    with pytest.raises(RequestError, match="only these can be confirmed: ecs 'here', files 'a"):
        confirm_usage_without_store(cache, source, scope, 4)
    assert cache.history("ecs", "here").last == MANY


def test_the_audit_has_the_confirmation(env: StoreEnv) -> None:
    doubt(env.store)
    confirm(env)
    event = env.last_event()
    assert (event.event, event.by, event.at) == (
        AuditEventName.CONFIRMED_USAGE,
        ANN.name,
        env.now,
    )
    assert event.detail == UsageConfirmed(FIGURES)
    (confirmation,) = env.store.history("ecs", "here").confirmations
    assert confirmation == (DOUBTED, ANN.name, env.now)


def test_only_approvers_may_confirm(env: StoreEnv) -> None:
    env.rules = replace(env.rules, approvers=("U99",))
    doubt(env.store)
    with refused(NotAnApprover(ANN.name)):
        confirm(env)
    assert env.last_event().event is AuditEventName.REFUSED
    assert env.store.history("ecs", "here").last == MANY


def test_a_confirmation_without_a_doubt_is_not_in_the_audit(env: StoreEnv) -> None:
    with pytest.raises(RequestError):
        confirm(env)
    assert env.events() == []


def test_an_outdated_number_is_refused(env: StoreEnv) -> None:
    doubt(env.store)
    env.store.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
    with refused(NONE_NOW):
        confirm(env)
    assert (env.last_event().event, env.last_event().detail) == (
        AuditEventName.REFUSED,
        RequestRefused(NONE_NOW),
    )
    assert env.store.history("ecs", "here").last == MANY
    assert env.store.history("ecs", "here").confirmations == ()


def test_an_outdated_number_is_refused_without_a_store(cache: SqliteManifestCache) -> None:
    doubt(cache)
    with refused(OutdatedWorkloadCount(5, FIGURES)):
        confirm_usage_without_store(cache, "ecs", "here", 5)


def test_a_scan_changes_the_number_during_the_confirmation(
    env: StoreEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt(env.store)
    store_confirm = env.store.confirm

    def late(doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        env.theirs.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
        return store_confirm(doubted, event)

    monkeypatch.setattr(env.store, "confirm", late)
    with refused(NONE_NOW):
        confirm(env)
    assert env.events() == [AuditEventName.REFUSED]


def test_a_scan_changes_the_number_without_a_store(
    cache: SqliteManifestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt(cache)
    cache_confirm = cache.confirm

    def late(doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        cache.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
        return cache_confirm(doubted, event)

    monkeypatch.setattr(cache, "confirm", late)
    with refused(NONE_NOW):
        confirm_usage_without_store(cache, "ecs", "here", 4)
