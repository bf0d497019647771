"""The picture of costs. Warnings of matplotlib fail a test, such as one about a missing glyph."""

import struct
from collections.abc import Sequence

import pytest

from bot.core.detailed_cost import DetailedCost
from tests.matrices import the_first
from tests.render.costs import GROWING, day, detailed

pytestmark = pytest.mark.xdist_group("pictures")  # matplotlib loads slowly, so in one process

FLAT = [day(weeks, 5, in_use=0, freeable=0) for weeks in range(12, -1, -1)]
LONG = "platform/" + "payments-gateway-" * 14


@pytest.mark.parametrize(
    ("description", "costs"),
    the_first(
        4,
        [
            ("a repository that grows", [detailed()]),
            ("a tried policy", [detailed(tried_freeable=150)]),
            ("several repositories", [detailed(), detailed("team/web")]),
            ("an unknown size", [detailed(days=[day(0, None)])]),
            ("nothing stored", [detailed(days=[day(0, 0, in_use=0, freeable=0)])]),
            ("too young for a projection", [detailed(days=[day(0, 5, in_use=1, freeable=2)])]),
            ("an incomplete plan", [detailed(days=[*GROWING[:-1], day(0, 220)])]),
            ("no growth", [detailed(days=FLAT)]),
            ("petabytes", [detailed(days=[day(0, 3 * 2**20, in_use=1, freeable=2)])]),
            ("the longest name", [detailed(LONG)]),
        ],
    ),
)
def test_a_picture(description: str, costs: Sequence[DetailedCost]) -> None:
    from bot.render.cost_picture import DOTS_PER_INCH, INCHES, draw_costs  # noqa: PLC0415

    picture = draw_costs(costs)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n"), description
    size = struct.unpack(">II", picture[16:24])
    assert size == tuple(inches * DOTS_PER_INCH for inches in INCHES)
