"""Invalid credentials, and calls that AWS denies."""

from datetime import timedelta

import pytest

from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.identity import IamRole
from tests.support import Result, Run, Shelf

NEEDED = ["ecr:DescribeRepositories", "ecr:DescribeImages"]
NEEDED_TO_BE_COMPLETE = [
    "ecr:GetRepositoryPolicy",
    "ecr:GetRegistryPolicy",
    "ecr:DescribeRegistry",
]
NOT_NEEDED = ["ecr:GetAccountSetting", "ecr:ListPullTimeUpdateExclusions"]


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    """An index with two children, an untagged image, and 11 releases, of which the oldest is to
    delete."""
    shelf.index("multi", "amd64", "arm64", age=20)
    shelf.image("stray", "", age=50)
    for number in range(11):
        shelf.image(f"1.{number}", age=40 - number)
    return shelf


def failed(result: Result, status: int, *words: str) -> None:
    """There is no output, and one error sentence."""
    assert result.status == status
    assert result.out == ""
    for word in words:
        assert word in result.sentence


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("action", NEEDED)
def test_actions_that_planning_needs(action: str, aws: AwsStandIn, plan: Run) -> None:
    aws.world.deny(action)
    failed(plan(), 1, f"AWS refused {action}", "grant that action")


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("action", NEEDED_TO_BE_COMPLETE)
def test_actions_that_a_complete_plan_needs(action: str, aws: AwsStandIn, plan: Run) -> None:
    aws.world.deny(action)
    result = plan()
    assert result.status == 3
    assert result.plan["delete"] == []
    assert result.plan["complete"] is False
    assert f"AWS refused {action}" in result.sentence


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("argument", ["team/*", "team/apo", "no-one"])
def test_repositories_need_describe_repositories(argument: str, aws: AwsStandIn, plan: Run) -> None:
    aws.world.deny("ecr:DescribeRepositories")
    failed(plan(argument), 1, "AWS refused ecr:DescribeRepositories")


def test_a_denied_index(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    aws.world.deny("ecr:BatchGetImage")
    result = plan()
    assert result.status == 3
    assert "is incomplete" in result.sentence
    assert "AWS refused ecr:BatchGetImage" in result.sentence
    assert result.plan["complete"] is False
    assert result.plan["savings"]["exact"] is False
    assert len(result.plan["images"]) == 15
    untagged = [image for image in result.plan["images"] if not image["tags"]]
    assert len(untagged) == 3
    for image in untagged:
        assert image["verdict"] == "keep"
        assert "unknown" in {reason["rule"] for reason in image["reasons"]}
    oldest = shelf.world.manifest(shelf.repository, "1.0").digest
    assert oldest in result.plan["delete"]


def test_denied_images(aws: AwsStandIn, plan: Run) -> None:
    images = Shelf(aws, "team/web")
    for number in range(12):
        images.image(f"1.{number}", age=40 - number)
    aws.world.deny("ecr:BatchGetImage")
    result = plan("team/web")
    assert result.status == 0
    assert result.err == ""
    assert result.plan["complete"] is True
    assert len(result.plan["delete"]) == 2
    savings = result.plan["savings"]
    assert savings["exact"] is False
    assert savings["freed_bytes"] == savings["listed_bytes"] == 2020


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("action", NOT_NEEDED)
def test_actions_that_planning_does_not_need(action: str, aws: AwsStandIn, plan: Run) -> None:
    allowed = plan().plan
    aws.world.deny(action)
    result = plan()
    assert result.status == 0
    assert result.err == ""
    assert result.plan["delete"] == allowed["delete"]
    assert result.plan["savings"]["exact"] is (action != "ecr:GetAccountSetting")


@pytest.mark.usefixtures("shelf")
def test_the_callers_identity_is_not_needed(aws: AwsStandIn, plan: Run) -> None:
    aws.world.faults.add(
        Fault(operation="GetCallerIdentity", error="AccessDenied", status=403, times=None)
    )
    result = plan()
    assert result.status == 0
    assert result.plan["complete"] is True


@pytest.mark.usefixtures("shelf")
def test_only_known_actions_are_called(aws: AwsStandIn, plan: Run) -> None:
    """A new call needs a test of its denial above, and an action in the IAM policy."""
    plan()
    identity = ["sts:GetCallerIdentity"]
    others = [*NEEDED_TO_BE_COMPLETE, *identity, "ecr:BatchGetImage"]
    assert set(aws.world.calls.counts()) == {*NEEDED, *NOT_NEEDED, *others}


@pytest.mark.usefixtures("shelf")
def test_no_region(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    failed(plan(), 2, "No AWS Region is set: set AWS_REGION")


@pytest.mark.usefixtures("shelf")
def test_no_credentials(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    failed(plan(), 1, "No AWS credentials were found: set AWS_PROFILE")


@pytest.mark.usefixtures("shelf")
def test_incomplete_credentials(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    failed(plan(), 1, "No AWS credentials were found")


@pytest.mark.usefixtures("shelf")
def test_a_profile_that_does_not_exist(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    failed(plan(), 2, "nobody", "set AWS_PROFILE to one that exists")


@pytest.mark.usefixtures("shelf")
def test_unknown_credentials(plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    failed(plan(), 1, "AWS does not accept the credentials", "check the keys")


@pytest.mark.usefixtures("shelf")
def test_expired_credentials(aws: AwsStandIn, plan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    role = IamRole("arn:aws:iam::123456789012:role/cleaner")
    yesterday = aws.world.clock.now() - timedelta(days=1)
    session = aws.world.identities.open_session(
        role, "ann", yesterday, external_id=None, policy=None
    ).session
    assert session
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session.access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", session.token)
    failed(plan(), 1, "The AWS credentials expired", "renew them")


@pytest.mark.usefixtures("shelf")
def test_credentials_that_expire_during_the_command(aws: AwsStandIn, plan: Run) -> None:
    aws.world.faults.add(Fault(operation="BatchGetImage", error="ExpiredTokenException"))
    result = plan()
    assert result.status == 3
    assert "credentials expired before ecr:BatchGetImage" in result.sentence
