"""A second scan reads only what can have changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.aws_lambda.state import LambdaState
from bot.playground.aws.ecs.state import EcsState
from bot.store.usage_cache import SqliteUsageCache
from bot.usage.aws_lambda import LambdaSource
from bot.usage.ecs import EcsSource
from tests.usage.aws_support import cache_in, digest, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

NOW = datetime(2026, 11, 29, tzinfo=UTC)
Scan = Callable[[], set[ImageUse]]
DESCRIBED = (
    "ecs:DescribeDaemonTaskDefinition",
    "ecs:DescribeServiceDeployments",
    "ecs:DescribeServiceRevisions",
    "ecs:DescribeTaskDefinition",
    "lambda:GetFunction",
    "lambda:ListAliases",
)
"""Calls whose answers are remembered."""


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    """Scans with the cache of all scans of the test."""

    def both() -> set[ImageUse]:
        opened = cache_in(tmp_path)
        api = open_aws_api()
        return scan_source(EcsSource(api, 1, opened)) | scan_source(LambdaSource(api, opened))

    return both


@pytest.fixture
def ecs(aws: AwsStandIn) -> EcsState:
    ecs = aws.world.ecs()
    ecs.create_service("prod", "api", [image("api")], digests=[digest(1)])
    ecs.deploy("prod", "api", [image("api", "2")], digests=[digest(2)])
    ecs.finish("prod", "api")
    ecs.deploy_daemon("prod", "agent", [image("agent")])
    ecs.register("job", [image("job"), "nginx"])
    aws.world.events().run_task("nightly", "job")
    aws.world.scheduler().run_task("hourly", "job:1")
    return ecs


@pytest.fixture
def functions(aws: AwsStandIn) -> LambdaState:
    functions = aws.world.functions()
    functions.create("thumbnailer", image("thumbnailer"), digest=digest(3))
    functions.publish("thumbnailer")
    functions.alias("thumbnailer", "live", "1")
    return functions


def described(aws: AwsStandIn) -> list[str]:
    counts = aws.world.calls.counts()
    return [call for call in DESCRIBED for _ in range(counts.get(call, 0))]


@pytest.mark.usefixtures("ecs", "functions")
def test_the_second_scan_describes_nothing_that_is_known(aws: AwsStandIn, scan: Scan) -> None:
    first = scan()
    assert {*described(aws)} == {*DESCRIBED}
    aws.world.calls.reset()
    assert scan() == first
    assert described(aws) == []


def test_a_new_revision_is_read(aws: AwsStandIn, ecs: EcsState, scan: Scan) -> None:
    scan()
    aws.world.calls.reset()
    ecs.register("job", [image("job", "2")])
    found = scan()
    assert described(aws) == ["ecs:DescribeTaskDefinition"]
    assert {each.used_by for each in found if each.image == image("job", "2")} == {
        "ECS task definition job (newest revision)",
        "EventBridge rule nightly",
    }
    assert {each.used_by for each in found if each.image == image("job")} == {"schedule hourly"}


def test_an_updated_function_is_read_again(
    aws: AwsStandIn, functions: LambdaState, scan: Scan
) -> None:
    scan()
    aws.world.calls.reset()
    functions.update("thumbnailer", image("thumbnailer", "2"), digest=digest(4))
    assert scan() == {
        ImageUse(image("thumbnailer"), "Lambda thumbnailer version 1 (alias live)", digest(3)),
        ImageUse(image("thumbnailer", "2"), "Lambda thumbnailer $LATEST", digest(4)),
    }
    assert described(aws) == ["lambda:GetFunction", "lambda:ListAliases"]


def test_a_function_updated_with_another_tag_of_the_same_image(
    functions: LambdaState, scan: Scan
) -> None:
    scan()
    later = datetime.now(UTC) + timedelta(seconds=5)
    functions.update("thumbnailer", image("thumbnailer", "2"), digest=digest(3), at=later)
    assert image("thumbnailer", "2") in {each.image for each in scan()}


def test_a_function_that_was_deleted_and_created_again(functions: LambdaState, scan: Scan) -> None:
    """Its versions start with 1 again."""
    scan()
    del functions.functions["thumbnailer"]
    later = datetime.now(UTC) + timedelta(seconds=5)
    functions.create("thumbnailer", image("new"), digest=digest(5), at=later)
    functions.publish("thumbnailer", at=later)
    assert {each.digest for each in scan()} == {digest(5)}


def test_an_update_between_the_list_and_the_answer_is_not_remembered(
    aws: AwsStandIn, functions: LambdaState, scan: Scan
) -> None:
    """ListFunctions says that the update is done, GetFunction still answers the old image."""
    functions.unpublish("thumbnailer", "1")
    functions.alias("thumbnailer", "live", "$LATEST")
    old = {
        "Configuration": {"CodeSha256": "0" * 64, "LastModified": "2026-01-01T00:00:00.000+0000"},
        "Code": {"ImageUri": image("old"), "ResolvedImageUri": f"{image('old')}@{digest(9)}"},
    }
    aws.world.faults.add(Fault(operation="GetFunction", answer=old))
    assert {each.digest for each in scan()} == {digest(9)}
    assert {each.digest for each in scan()} == {digest(3)}


def test_an_answer_without_a_digest_is_not_remembered(
    aws: AwsStandIn, functions: LambdaState, scan: Scan
) -> None:
    scan()
    functions.update("thumbnailer", image("thumbnailer", "2"), digest=digest(4))
    without = {
        **_configuration(functions),
        "Code": {"ImageUri": image("x"), "ResolvedImageUri": ""},
    }
    aws.world.faults.add(Fault(operation="GetFunction", answer=without))
    scan()
    assert digest(4) in {each.digest for each in scan()}


@pytest.mark.parametrize(
    "state",
    [{"LastUpdateStatus": "InProgress"}, {"LastUpdateStatus": "Failed"}, {"State": "Pending"}],
)
def test_an_unfinished_update_is_not_remembered(
    state: dict[str, str], aws: AwsStandIn, functions: LambdaState, scan: Scan
) -> None:
    """Its answer may name another image than the one that runs in the end."""
    scan()
    functions.update("thumbnailer", image("thumbnailer", "2"), digest=digest(4))
    answer = _configuration(functions)
    answer["Configuration"] |= state
    code = {"ImageUri": image("x"), "ResolvedImageUri": f"{image('x')}@{digest(9)}"}
    aws.world.faults.add(Fault(operation="GetFunction", answer={**answer, "Code": code}))
    assert digest(9) in {each.digest for each in scan()}
    assert {each.digest for each in scan()} == {digest(3), digest(4)}


def _configuration(functions: LambdaState) -> dict[str, dict[str, str]]:
    at = functions.function("thumbnailer").latest.modified_at
    return {
        "Configuration": {
            "CodeSha256": digest(4).removeprefix("sha256:"),
            "LastModified": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000",
        }
    }


def test_a_deployment_in_progress_is_read_again(aws: AwsStandIn, ecs: EcsState, scan: Scan) -> None:
    """ECS resolves digests while it deploys."""
    ecs.deploy("prod", "api", [image("api", "3")], digests=[digest(3)])
    scan()
    aws.world.calls.reset()
    scan()
    assert described(aws) == ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions"]
    ecs.finish("prod", "api")
    scan()
    aws.world.calls.reset()
    assert ImageUse(image("api", "3"), "ECS prod/api", digest(3)) in scan()
    assert described(aws) == []


def test_a_revision_without_digests_is_read_again(
    aws: AwsStandIn, ecs: EcsState, scan: Scan
) -> None:
    ecs.register("tagged", [image("tagged")], version_consistency=False)
    ecs.create_service("prod", "tagged", family="tagged")
    scan()
    aws.world.calls.reset()
    scan()
    assert described(aws) == ["ecs:DescribeServiceRevisions"]


def test_an_alias_that_moves_to_a_new_version(functions: LambdaState, scan: Scan) -> None:
    scan()
    functions.publish("thumbnailer", image("thumbnailer", "2"), digest=digest(4))
    functions.alias("thumbnailer", "live", "2")
    assert {each.used_by for each in scan()} == {
        "Lambda thumbnailer $LATEST",
        "Lambda thumbnailer version 1",
        "Lambda thumbnailer version 2 (alias live)",
    }


def test_an_inactive_revision_of_a_service_is_known(
    aws: AwsStandIn, ecs: EcsState, scan: Scan
) -> None:
    scan()
    ecs.deregister("api:1")
    aws.world.calls.reset()
    assert ImageUse(image("api"), "ECS prod/api (to roll back to)", digest(1)) in scan()
    assert described(aws) == []


@pytest.mark.parametrize("schedule", ["rule", "schedule"])
def test_a_deleted_revision_of_a_schedule_does_not_count(
    aws: AwsStandIn, ecs: EcsState, scan: Scan, schedule: str
) -> None:
    ecs.register("gone", [image("gone")])
    by = aws.world.events() if schedule == "rule" else aws.world.scheduler()
    by.run_task("old", "gone:1")
    assert image("gone") in {each.image for each in scan()}
    del ecs.families["gone"]
    assert image("gone") not in {each.image for each in scan()}


@pytest.mark.usefixtures("ecs", "functions")
def test_another_endpoint_is_asked_itself(
    aws: AwsStandIn, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scan()
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url.replace("127.0.0.1", "localhost"))
    aws.world.calls.reset()
    assert scan() == first
    assert {*described(aws)} == {*DESCRIBED}


@pytest.mark.usefixtures("ecs", "functions")
def test_a_damaged_cache_is_read_anew(aws: AwsStandIn, scan: Scan, tmp_path: Path) -> None:
    first = scan()
    with SqliteUsageCache(tmp_path / "cache" / "manifests.db", lambda: NOW) as cache:
        cache._insert("UPDATE definitions SET content = ?", [(b'["nothing"]',)])
    aws.world.calls.reset()
    assert scan() == first
    assert {*described(aws)} == {*DESCRIBED}
    aws.world.calls.reset()
    assert scan() == first
    assert described(aws) == []


def test_what_was_read_before_a_failure_is_remembered(
    aws: AwsStandIn, ecs: EcsState, scan: Scan
) -> None:
    for n in range(20):
        ecs.register(f"family-{n:02}", [image("family", str(n))])
    fault = Fault(operation="DescribeTaskDefinition", skip=15, times=None, error="ClientException")
    aws.world.faults.add(fault)
    with pytest.raises(Exception, match="DescribeTaskDefinition"):
        scan()
    aws.world.faults.clear()
    aws.world.calls.reset()
    scan()
    assert 0 < described(aws).count("ecs:DescribeTaskDefinition") < 20
