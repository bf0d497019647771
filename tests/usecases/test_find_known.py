"""Finding repositories in the store, without calls to AWS."""

import pytest

from bot.core.repository import RegistryId, RepositoryId
from bot.usecases.repositories import AmbiguousRepositoryError, UnknownRepositoryError, find_known
from tests.store.support import HERE, PLACE, THERE
from tests.support import NOW
from tests.usecases.store_env import StoreEnv

AWAY = RegistryId("210987654321", "eu-west-1")
TWIN = RepositoryId(AWAY, HERE.name, f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/{HERE.name}")


@pytest.fixture(autouse=True)
def known(env: StoreEnv) -> None:
    env.store.save_repositories(PLACE, [HERE, THERE], NOW)


def test_by_name_and_by_uri(env: StoreEnv) -> None:
    assert find_known(env.store, "team/api") == HERE
    assert find_known(env.store, THERE.uri) == THERE


@pytest.mark.parametrize(
    ("written", "close"),
    [
        ("tem/api", "team/api"),
        (f"{HERE.uri}s", HERE.uri),
        ("something/else/altogether", None),
        ("", None),
    ],
)
def test_an_unknown_name_gets_the_most_similar_one(
    env: StoreEnv, written: str, close: str | None
) -> None:
    with pytest.raises(UnknownRepositoryError, match=close or "check the name") as error:
        find_known(env.store, written)
    assert error.value.close == close


def test_a_name_in_several_registries_is_ambiguous(env: StoreEnv) -> None:
    env.store.save_repositories(AWAY, [TWIN], NOW)
    with pytest.raises(
        AmbiguousRepositoryError, match=r"several registries; give one of .*\(*"
    ) as error:
        find_known(env.store, "team/api")
    assert list(error.value.choices) == [HERE, TWIN]
    assert find_known(env.store, TWIN.uri) == TWIN
