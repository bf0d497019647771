"""Storing the repositories of all registries."""

from datetime import timedelta

from bot.store.store import Store
from bot.usecases.repositories import RepositorySync
from tests.support import NOW
from tests.usecases.fake_registry import HERE
from tests.usecases.store_env import StoreEnv
from tests.usecases.test_report_scheduler import THERE, SeveralRepositories

LATER = NOW + timedelta(hours=1)


def known(store: Store) -> dict[str, list[str]]:
    """Names of repositories, by registry."""
    found: dict[str, list[str]] = {}
    for each in store.repositories():
        found.setdefault(each.repository.registry.account, []).append(each.repository.name)
    return found


def test_a_failed_listing_keeps_the_stored_repositories(env: StoreEnv) -> None:
    store = env.store
    here, there = (
        SeveralRepositories(HERE, "team/api", "team/web"),
        SeveralRepositories(THERE, "lab/api"),
    )
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


def test_registries_removed_from_the_settings_are_removed(env: StoreEnv) -> None:
    here, there = SeveralRepositories(HERE, "team/api"), SeveralRepositories(THERE, "lab/api")
    RepositorySync(env.store, [here, there], print)(NOW)
    RepositorySync(env.store, [], print)(LATER)
    here.fails.add("id")
    RepositorySync(env.store, [here], print)(LATER)
    assert known(env.store) == {HERE.account: ["team/api"], THERE.account: ["lab/api"]}
    here.fails = {"repositories"}
    RepositorySync(env.store, [here], print)(LATER)
    assert known(env.store) == {HERE.account: ["team/api"]}
