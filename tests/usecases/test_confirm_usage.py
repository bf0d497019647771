"""Somebody says that it is right that a source lists so little."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import RequestError
from bot.core.records import EventName
from bot.ports import Listed, UsageMemory
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.confirm_usage import Witness, confirm_usage
from tests.support import NOW
from tests.usecases.scene import ANN, Scene

MANY, FEW = Listed(10, NOW - timedelta(days=1)), Listed(2, NOW)


def doubt(memory: UsageMemory, source: str, scope: str) -> None:
    memory.believe(source, scope, MANY)
    memory.doubt(source, scope, FEW)


def test_what_was_doubted_is_believed(cache: SqliteManifestCache) -> None:
    doubt(cache, "ecs", "here")
    assert confirm_usage(cache, "ecs", "here") == FEW
    assert cache.last_listed("ecs", "here") == FEW


def test_it_is_confirmed_once(cache: SqliteManifestCache) -> None:
    doubt(cache, "ecs", "here")
    confirm_usage(cache, "ecs", "here")
    with pytest.raises(RequestError, match="nothing to confirm at all"):
        confirm_usage(cache, "ecs", "here")


@pytest.mark.parametrize(("source", "scope"), [("ecs", "there"), ("lambda", "here")])
def test_nothing_else_is_confirmed(cache: SqliteManifestCache, source: str, scope: str) -> None:
    doubt(cache, "ecs", "here")
    doubt(cache, "files", "a.txt")
    with pytest.raises(RequestError, match="only these can be confirmed: ecs 'here', files 'a"):
        confirm_usage(cache, source, scope)
    assert cache.last_listed("ecs", "here") == MANY


def test_the_audit_knows_whose_word_it_was(scene: Scene) -> None:
    doubt(scene.store, "ecs", "here")
    confirm_usage(scene.store, "ecs", "here", Witness(scene.store, ANN, scene.rules, scene.now))
    event = scene.last_event()
    assert (event.event, event.by, event.at) == (EventName.CONFIRMED_USAGE, ANN.name, scene.now)
    assert event.detail == "it is right that ecs lists so little in here"


def test_whoever_may_not_approve_may_not_confirm_either(scene: Scene) -> None:
    doubt(scene.store, "ecs", "here")
    rules = replace(scene.rules, approvers=("U99",))
    with pytest.raises(RequestError, match="none of the approvers"):
        confirm_usage(scene.store, "ecs", "here", Witness(scene.store, ANN, rules, scene.now))
    assert scene.last_event().event is EventName.REFUSED
    assert scene.store.last_listed("ecs", "here") == MANY


def test_the_audit_hears_nothing_of_what_was_in_no_doubt(scene: Scene) -> None:
    with pytest.raises(RequestError):
        confirm_usage(scene.store, "ecs", "here", Witness(scene.store, ANN, scene.rules, scene.now))
    assert scene.events() == []
