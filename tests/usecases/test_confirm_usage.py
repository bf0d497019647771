"""Somebody confirms the number of workloads that a source lists."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.audit_details import RequestRefused, UsageConfirmed
from bot.core.errors import RequestError
from bot.core.permission_reasons import NotAnApprover
from bot.core.records import AuditEvent, AuditEventName
from bot.core.refusal_reasons import UsageFigures, WrongWorkloadCount
from bot.ports import DoubtedUsage, UsageMemory, WorkloadCount
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.decisions import confirm_usage_without_store
from tests.support import NOW
from tests.usecases.scene import ANN, Scene, refused

MANY, FEW = WorkloadCount(10, NOW - timedelta(days=1)), WorkloadCount(4, NOW)
DOUBTED = DoubtedUsage("ecs", "here", FEW, MANY)
FIGURES = UsageFigures("ecs", "here", 4, NOW, before=10, before_at=NOW - timedelta(days=1))
NONE_NOW = WrongWorkloadCount(4, replace(FIGURES, workloads=0))
"""They saw 4 workloads; since then a scan found none."""


def doubt(memory: UsageMemory, doubted: DoubtedUsage = DOUBTED) -> None:
    memory.believe(doubted.source, doubted.scope, doubted.before)
    memory.doubt(doubted)


def confirm(scene: Scene) -> DoubtedUsage:
    return scene.decisions().confirm_usage("ecs", "here", 4, ANN)


def test_what_was_doubted_is_believed(cache: SqliteManifestCache) -> None:
    doubt(cache)
    assert confirm_usage_without_store(cache, "ecs", "here", 4) == DOUBTED
    assert cache.last_listed("ecs", "here") == FEW


def test_it_is_confirmed_once(cache: SqliteManifestCache) -> None:
    doubt(cache)
    confirm_usage_without_store(cache, "ecs", "here", 4)
    with pytest.raises(RequestError, match="no source has a drop in usage to confirm"):
        confirm_usage_without_store(cache, "ecs", "here", 4)


@pytest.mark.parametrize(("source", "scope"), [("ecs", "there"), ("lambda", "here")])
def test_nothing_else_is_confirmed(cache: SqliteManifestCache, source: str, scope: str) -> None:
    doubt(cache)
    doubt(cache, DOUBTED._replace(source="files", scope="a.txt"))
    with pytest.raises(RequestError, match="only these can be confirmed: ecs 'here', files 'a"):
        confirm_usage_without_store(cache, source, scope, 4)
    assert cache.last_listed("ecs", "here") == MANY


def test_the_audit_has_who_confirmed_which_figures(scene: Scene) -> None:
    doubt(scene.store)
    confirm(scene)
    event = scene.last_event()
    assert (event.event, event.by, event.at) == (
        AuditEventName.CONFIRMED_USAGE,
        ANN.name,
        scene.now,
    )
    assert event.detail == UsageConfirmed(FIGURES)
    (confirmation,) = scene.store.confirmations("ecs", "here")
    assert confirmation == (DOUBTED, ANN.name, scene.now)


def test_whoever_may_not_approve_may_not_confirm_either(scene: Scene) -> None:
    scene.rules = replace(scene.rules, approvers=("U99",))
    doubt(scene.store)
    with refused(NotAnApprover(ANN.name)):
        confirm(scene)
    assert scene.last_event().event is AuditEventName.REFUSED
    assert scene.store.last_listed("ecs", "here") == MANY


def test_the_audit_hears_nothing_of_what_was_in_no_doubt(scene: Scene) -> None:
    with pytest.raises(RequestError):
        confirm(scene)
    assert scene.events() == []


def test_another_number_than_the_one_that_is_true_now(scene: Scene) -> None:
    doubt(scene.store)
    scene.store.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
    with refused(NONE_NOW):
        confirm(scene)
    assert (scene.last_event().event, scene.last_event().detail) == (
        AuditEventName.REFUSED,
        RequestRefused(NONE_NOW),
    )
    assert scene.store.last_listed("ecs", "here") == MANY
    assert scene.store.confirmations("ecs", "here") == []


def test_another_number_without_an_audit(cache: SqliteManifestCache) -> None:
    doubt(cache)
    with refused(WrongWorkloadCount(5, FIGURES)):
        confirm_usage_without_store(cache, "ecs", "here", 5)


def test_a_scan_meanwhile_finds_another_number(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt(scene.store)
    store_confirm = scene.store.confirm

    def late(doubted: DoubtedUsage, event: AuditEvent | None) -> bool:
        scene.theirs.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
        return store_confirm(doubted, event)

    monkeypatch.setattr(scene.store, "confirm", late)
    with refused(NONE_NOW):
        confirm(scene)
    assert scene.events() == [AuditEventName.REFUSED]


def test_a_scan_meanwhile_without_an_audit(
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
