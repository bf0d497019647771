"""A plan is found by its id."""

from datetime import timedelta

import pytest

from bot.core.errors import RequestError
from bot.usecases.proposals import find_plan
from tests.usecases.scene import Scene


def test_what_is_found(scene: Scene) -> None:
    plan = scene.proposed()
    assert find_plan(scene.store, plan.id, scene.now + timedelta(days=1)) == plan


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("plan7", "There is no plan plan7: did you mean plan1?"),
        ("xyz", "There is no plan xyz: ecr-clean plans lists them"),
        ("plan\udcff", r"There is no plan 'plan\udcff': did you mean plan1?"),
        ("plan1\0", r"There is no plan 'plan1\x00': did you mean plan1?"),
        ("pl\xe4n", "There is no plan 'pl\xe4n': did you mean plan1?"),
        ("", "There is no plan '': ecr-clean plans lists them"),
    ],
)
def test_what_is_unknown(id_: str, said: str, scene: Scene) -> None:
    scene.proposed()
    with pytest.raises(RequestError) as caught:
        find_plan(scene.store, id_, scene.now)
    assert str(caught.value) == said
