"""Repositories that people name, found without asking AWS."""

import pytest

from bot.core.repository import RegistryId, RepositoryId
from bot.usecases.repositories import AmbiguousRepositoryError, UnknownRepositoryError, find_known
from tests.store.support import HERE, PLACE, THERE
from tests.support import NOW
from tests.usecases.scene import Scene

AWAY = RegistryId("210987654321", "eu-west-1")
TWIN = RepositoryId(AWAY, HERE.name, f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/{HERE.name}")


@pytest.fixture(autouse=True)
def known(scene: Scene) -> None:
    scene.store.save_repositories(PLACE, [HERE, THERE], NOW)


def test_by_name_and_by_uri(scene: Scene) -> None:
    assert find_known(scene.store, "team/api") == HERE
    assert find_known(scene.store, THERE.uri) == THERE


@pytest.mark.parametrize(
    ("written", "close"),
    [
        ("tem/api", "team/api"),
        (f"{HERE.uri}s", HERE.uri),
        ("something/else/altogether", None),
        ("", None),
    ],
)
def test_what_nobody_knows_gets_the_nearest(scene: Scene, written: str, close: str | None) -> None:
    with pytest.raises(UnknownRepositoryError, match=close or "check the name") as error:
        find_known(scene.store, written)
    assert error.value.close == close


def test_a_name_of_several_registries_gets_a_choice(scene: Scene) -> None:
    scene.store.save_repositories(AWAY, [TWIN], NOW)
    with pytest.raises(
        AmbiguousRepositoryError, match=r"several registries; give one of .*\(*"
    ) as error:
        find_known(scene.store, "team/api")
    assert list(error.value.choices) == [HERE, TWIN]
    assert find_known(scene.store, TWIN.uri) == TWIN
