"""Every call of the source fails in every way: the source raises an error, or its result is
complete."""

from pathlib import Path
from typing import Any

import pytest

from bot.aws.aws_api import AwsApi
from bot.playground.aws import AwsStandIn, Fault
from bot.ports import UsageSource
from bot.usage.aws_lambda import LambdaSource
from tests.matrices import matrix
from tests.usage.aws_support import (
    CACHES,
    FAILURES,
    SECOND_PAGE,
    Open,
    cache_in,
    check_error_names_call,
    check_every_failure,
    check_every_timeout,
    check_incomplete_answers,
    check_throttling_is_retried,
    digest,
    image,
    open_aws_api,
    scan_source,
    warm_source,
)

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(autouse=True)
def functions(aws: AwsStandIn) -> None:
    functions = aws.world.functions()
    functions.create("thumbnailer", image("thumbnailer"), digest=digest(1))
    functions.publish("thumbnailer")
    functions.alias("thumbnailer", "live", "1")


@pytest.fixture
def opener(aws: AwsStandIn, tmp_path: Path, cache: str) -> Open:
    """Opens a source that makes all its calls, also with a warm cache."""
    if cache == "no cache":
        return LambdaSource

    def opened(aws_api: AwsApi) -> UsageSource:
        source = LambdaSource(aws_api, cache_in(tmp_path))
        return warm_source(source, lambda: change(aws))

    return opened


def change(aws: AwsStandIn) -> None:
    """Updates the function, and publishes another version."""
    number = len(aws.world.functions().function("thumbnailer").versions)
    new = image("thumbnailer", str(number))
    aws.world.functions().publish("thumbnailer", new, digest=digest(number))


CALLS = {"lambda:ListFunctions": 1, "lambda:ListAliases": 1, "lambda:GetFunction": 2}


def test_every_call_is_made(aws: AwsStandIn) -> None:
    scan_source(LambdaSource(open_aws_api()))
    assert aws.world.calls.counts() == CALLS


@pytest.mark.parametrize(("failure", "cache"), matrix(FAILURES, CACHES, meet=1))
def test_every_failure_of_every_call_is_an_error(
    aws: AwsStandIn, opener: Open, failure: str
) -> None:
    check_every_failure(aws, opener, FAILURES[failure])


@pytest.mark.parametrize(("call", "failure", "cache"), matrix(CALLS, SECOND_PAGE, CACHES, meet=1))
def test_failures_on_the_second_page(
    aws: AwsStandIn, opener: Open, call: str, failure: str
) -> None:
    """For calls without pages, the second call fails."""
    functions = aws.world.functions()
    for n in range(51):
        functions.create(f"f-{n}", image("f", str(n)), digest=digest(n))
        functions.alias("thumbnailer", f"alias-{n}", "1")
    check_every_failure(aws, opener, SECOND_PAGE[failure], [call])


@pytest.mark.parametrize("cache", CACHES)
def test_timed_out(aws: AwsStandIn, opener: Open) -> None:
    check_every_timeout(aws, opener)


def test_timed_out_on_a_real_socket(aws: AwsStandIn) -> None:
    aws.world.faults.add(Fault(operation="ListFunctions", times=None, delay=1))
    check_error_names_call(
        "lambda:ListFunctions", LambdaSource(open_aws_api(patience=0.1)), "got no answer"
    )


def test_throttled_calls_are_retried(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    check_throttling_is_retried(aws, LambdaSource, monkeypatch)


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("entry", [{}, 7, "text", [], None], ids=repr)
def test_malformed_entries(aws: AwsStandIn, opener: Open, entry: Any) -> None:
    answers = {
        "lambda:ListFunctions": {"Functions": [entry]},
        "lambda:ListAliases": {"Aliases": [entry]},
        "lambda:GetFunction": {"Code": entry},
    }
    check_incomplete_answers(aws, opener, answers.items())


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("missing", ["ImageUri", "ResolvedImageUri"])
def test_a_version_without_an_image(aws: AwsStandIn, opener: Open, missing: str) -> None:
    code = {"ImageUri": image("f"), "ResolvedImageUri": f"{image('f')}@{digest(1)}"}
    del code[missing]
    check_incomplete_answers(aws, opener, [("lambda:GetFunction", {"Code": code})])
