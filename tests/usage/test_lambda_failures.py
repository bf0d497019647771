"""Each call of the source fails in each way: it says so, or is complete and right."""

from typing import Any

import pytest

from bot.playground.aws import Fault, StandIn
from bot.usage.aws_lambda import LambdaSource
from tests.matrices import matrix
from tests.usage.aws_support import (
    FAILURES,
    SECOND_PAGE,
    Fail,
    digest,
    every_failure_is_told,
    every_throttling_is_survived,
    every_time_out_is_told,
    image,
    is_requested,
    look,
    nothing_is_left_out_silently,
    open_aws_api,
)

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(autouse=True)
def functions(aws: StandIn) -> None:
    functions = aws.world.functions()
    functions.create("thumbnailer", image("thumbnailer"), digest=digest(1))
    functions.publish("thumbnailer")
    functions.alias("thumbnailer", "live", "1")


CALLS = {"lambda:ListFunctions": 1, "lambda:ListAliases": 1, "lambda:GetFunction": 2}


def test_every_call_is_made(aws: StandIn) -> None:
    look(LambdaSource(open_aws_api()))
    assert aws.world.calls.counts() == CALLS


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_every_failure_of_every_call_is_told(aws: StandIn, fail: Fail) -> None:
    every_failure_is_told(aws, LambdaSource, fail)


@pytest.mark.parametrize(("call", "failure"), matrix(CALLS, SECOND_PAGE, meet=1))
def test_cut_in_the_middle_of_paging(aws: StandIn, call: str, failure: str) -> None:
    """Or at the second call of those that have no pages."""
    functions = aws.world.functions()
    for n in range(51):
        functions.create(f"f-{n}", image("f", str(n)), digest=digest(n))
        functions.alias("thumbnailer", f"alias-{n}", "1")
    every_failure_is_told(aws, LambdaSource, SECOND_PAGE[failure], [call])


def test_timed_out(aws: StandIn) -> None:
    every_time_out_is_told(aws, LambdaSource)


def test_timed_out_on_a_real_socket(aws: StandIn) -> None:
    aws.world.faults.add(Fault(operation="ListFunctions", times=None, delay=1))
    is_requested("lambda:ListFunctions", LambdaSource(open_aws_api(patience=0.1)), "got no answer")


def test_throttled_and_then_well(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    every_throttling_is_survived(aws, LambdaSource, monkeypatch)


@pytest.mark.parametrize("entry", [{}, 7, "text", [], None], ids=repr)
def test_entries_of_a_wrong_form(aws: StandIn, entry: Any) -> None:
    answers = {
        "lambda:ListFunctions": {"Functions": [entry]},
        "lambda:ListAliases": {"Aliases": [entry]},
        "lambda:GetFunction": {"Code": entry},
    }
    nothing_is_left_out_silently(aws, LambdaSource, answers.items())


@pytest.mark.parametrize("missing", ["ImageUri", "ResolvedImageUri"])
def test_a_version_whose_image_is_not_told(aws: StandIn, missing: str) -> None:
    code = {"ImageUri": image("f"), "ResolvedImageUri": f"{image('f')}@{digest(1)}"}
    del code[missing]
    nothing_is_left_out_silently(aws, LambdaSource, [("lambda:GetFunction", {"Code": code})])
