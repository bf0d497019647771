"""Registries are listed, so that people are answered by name."""

from datetime import timedelta

from bot.store.store import Store
from bot.usecases.repositories import RepositorySync
from tests.support import NOW
from tests.usecases.scene import Scene
from tests.usecases.shelf import HERE
from tests.usecases.test_run_due import THERE, Street

LATER = NOW + timedelta(hours=1)


def known(store: Store) -> dict[str, list[str]]:
    """Names by registry."""
    found: dict[str, list[str]] = {}
    for each in store.repositories():
        found.setdefault(each.repository.registry.account, []).append(each.repository.name)
    return found


def test_what_cannot_be_listed_is_known_as_it_was(scene: Scene) -> None:
    store = scene.store
    here, there = Street(HERE, "team/api", "team/web"), Street(THERE, "lab/api")
    warnings: list[str] = []
    survey = RepositorySync(store, [here, there], warnings.append)
    survey(NOW)
    assert known(store) == {HERE.account: ["team/api", "team/web"], THERE.account: ["lab/api"]}
    here.names.remove("team/api")
    there.names.clear()
    there.fails.add("repositories")
    survey(LATER)
    assert known(store) == {HERE.account: ["team/web"], THERE.account: ["lab/api"]}
    assert warnings == [
        "AWS refused repositories; the stored list of its repositories may be outdated"
    ]


def test_registries_that_left_the_settings_are_forgotten(scene: Scene) -> None:
    here, there = Street(HERE, "team/api"), Street(THERE, "lab/api")
    RepositorySync(scene.store, [here, there], print)(NOW)
    RepositorySync(scene.store, [], print)(LATER)
    here.fails.add("id")
    RepositorySync(scene.store, [here], print)(LATER)
    assert known(scene.store) == {HERE.account: ["team/api"], THERE.account: ["lab/api"]}
    here.fails = {"repositories"}
    RepositorySync(scene.store, [here], print)(LATER)
    assert known(scene.store) == {HERE.account: ["team/api"]}
