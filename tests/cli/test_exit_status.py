"""With several repositories, all are tried. The exit status is the first that applies of 2, 1,
3."""

import pytest

from bot.playground.aws import AwsStandIn
from tests.support import Run, Shelf, image_text

GOOD, DENIED, HALF, UNKNOWN = "team/good", "team/denied", "team/half", "team/unknown"


@pytest.fixture(autouse=True)
def repositories(aws: AwsStandIn) -> None:
    Shelf(aws, GOOD).image("a")
    Shelf(aws, DENIED).image("a")
    Shelf(aws, HALF).push(image_text("odd"), media_type="application/vnd.example.v9+json")
    aws.world.deny("ecr:DescribeImages", resource=f"*/{DENIED}")


@pytest.mark.parametrize(
    ("asked", "status", "printed"),
    [
        ((GOOD,), 0, [GOOD]),
        ((DENIED,), 1, []),
        ((UNKNOWN,), 2, []),
        ((HALF,), 3, [HALF]),
        ((GOOD, HALF), 3, [GOOD, HALF]),
        ((HALF, GOOD), 3, [HALF, GOOD]),
        ((HALF, DENIED, GOOD), 1, [HALF, GOOD]),
        ((DENIED, HALF), 1, [HALF]),
        ((GOOD, UNKNOWN), 2, [GOOD]),
        ((UNKNOWN, GOOD), 2, [GOOD]),
        ((HALF, UNKNOWN), 2, [HALF]),
        ((DENIED, UNKNOWN), 2, []),
        ((DENIED, UNKNOWN, HALF, GOOD), 2, [HALF, GOOD]),
        (("team/*",), 1, [GOOD, HALF]),
        (("nobody/*", "team/g*"), 2, [GOOD]),
    ],
)
def test_the_status_and_what_is_printed(
    asked: tuple[str, ...], status: int, printed: list[str], plan: Run
) -> None:
    result = plan(*asked)
    assert result.status == status
    assert [each["repository"] for each in result.plans] == printed


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_the_format_does_not_change_the_status(form: str, run: Run) -> None:
    result = run("plan", UNKNOWN, DENIED, HALF, GOOD, "--format", form)
    assert result.status == 2
    assert GOOD in result.out
    assert HALF in result.out
    assert len(result.err.splitlines()) == 3
    for name in (UNKNOWN, DENIED, HALF):
        assert name in result.err


def test_an_incomplete_plan_is_printed_completely(plan: Run) -> None:
    result = plan(HALF)
    assert result.status == 3
    assert len(result.plan["images"]) == 1
    assert result.plan["complete"] is False
