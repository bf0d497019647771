"""No secret is printed, not even with --debug."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn, Fault
from tests.support import Run, Shelf

SECRET, TOKEN, EXTERNAL = "SECRET+of/the=key", "TOKEN+of/the=session", "EXTERNAL-id"
QUOTING = (
    "The request signature we calculated does not match. The Canonical String should have been "
    f"'POST / host:ecr x-amz-security-token:{TOKEN}'"
)
ROLE = "arn:aws:iam::123456789012:role/cleaner"


@pytest.fixture(autouse=True)
def credentials(shelf: Shelf, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del environment
    shelf.index("multi", "amd64")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


def outputs(run: Run) -> str:
    asked = (("team/api", "json"), ("team/apo", "table"), ("team/*", "csv"))
    found = [run("--debug", "plan", name, "--format", form) for name, form in asked]
    return "".join(result.out + result.err for result in found)


@pytest.mark.parametrize(
    "operation",
    ["DescribeRepositories", "DescribeImages", "BatchGetImage", "GetCallerIdentity"],
)
def test_what_aws_quotes_is_not_repeated(operation: str, aws: AwsStandIn, run: Run) -> None:
    aws.world.faults.add(
        Fault(operation=operation, error="InvalidSignatureException", message=QUOTING, times=None)
    )
    assert TOKEN not in outputs(run)


@pytest.mark.parametrize("fault", [None, "cut", "nonsense", "unknown"])
def test_secrets_of_the_environment_are_not_printed(
    fault: str | None, aws: AwsStandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "cut":
        aws.world.faults.add(Fault(cut="before", times=None))
    if fault == "nonsense":
        aws.world.faults.add(Fault(body="<html>", times=None))
    if fault == "unknown":
        monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    said = outputs(run)
    assert said
    assert SECRET not in said
    assert TOKEN not in said


@pytest.mark.parametrize("accepted", [True, False])
def test_secrets_of_a_role_are_not_printed(
    aws: AwsStandIn, run: Run, settings_file: Callable[[str], Path], *, accepted: bool
) -> None:
    external = EXTERNAL if accepted else "another"
    aws.world.identities.add_role(ROLE, external_id=external)
    settings_file(f"registries: [{{role_arn: '{ROLE}', external_id: {EXTERNAL}}}]")
    said = outputs(run)
    assert bool(aws.world.identities.sessions) is accepted
    assert EXTERNAL not in said
    for session in aws.world.identities.sessions:
        assert session.secret_key not in said
        assert session.token not in said
