"""Other accounts and services that may pull, and replicated deletions: unscanned ones make a plan
incomplete."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from tests.support import Result, Run, Shelf, others_off

OTHER = "210987654321"


def lets_pull(account: str) -> dict[str, Any]:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    shelf.images(12)
    return shelf


def is_incomplete(result: Result, *words: str) -> None:
    assert result.status == 3
    assert result.plan["complete"] is False
    assert result.plan["delete"] == []
    assert {image["verdict"] for image in result.plan["images"]} == {"keep"}
    for word in words:
        assert word in result.sentence


def test_an_unscanned_account_that_may_pull(aws: AwsStandIn, shelf: Shelf, plan: Run) -> None:
    aws.world.set_repository_policy(shelf.repository, lets_pull(OTHER))
    is_incomplete(plan(), "repository policy", OTHER, "usage.accounts", "usage.ignore_accounts")


EMR = "emr-serverless.amazonaws.com"


def lets_service_pull(service: str, arn: str) -> dict[str, Any]:
    """As in the guides of EMR Serverless and Lambda."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "ecr:BatchGetImage",
        "Condition": {"StringLike": {"aws:SourceArn": arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


FOR_EMR = lets_service_pull(EMR, f"arn:aws:emr-serverless:us-east-1:{DEFAULT_ACCOUNT}:*")


@pytest.mark.parametrize("of_registry", [False, True], ids=["repository", "registry"])
def test_a_service_that_no_source_scans(
    aws: AwsStandIn,
    shelf: Shelf,
    plan: Run,
    settings_file: Callable[[str], Path],
    *,
    of_registry: bool,
) -> None:
    if of_registry:
        aws.world.set_registry_policy(FOR_EMR)
    else:
        aws.world.set_repository_policy(shelf.repository, FOR_EMR)
    is_incomplete(plan(), "repository policy", EMR, "usage.ignore_services")
    settings_file(f"usage: {{{others_off()}, ignore_services: [{EMR}]}}")
    assert plan().plan["complete"] is True


def test_a_service_of_a_switched_off_source(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Callable[[str], Path]
) -> None:
    arn = f"arn:aws:lambda:eu-west-1:{DEFAULT_ACCOUNT}:function:*"
    policy = lets_service_pull("lambda.amazonaws.com", arn)
    aws.world.set_repository_policy(shelf.repository, policy)
    settings_file(f"usage: {{{others_off('lambda')}, expect_none: true}}")
    assert plan().plan["complete"] is True
    settings_file(f"usage: {{{others_off('ecs')}, expect_none: true}}")
    is_incomplete(plan(), "lambda.amazonaws.com", "switch on usage.lambda")


@pytest.mark.usefixtures("shelf")
def test_the_policy_of_the_registry_counts(aws: AwsStandIn, plan: Run) -> None:
    assert plan().status == 0
    aws.world.set_registry_policy(lets_pull(OTHER))
    is_incomplete(plan(), OTHER)


@pytest.mark.usefixtures("environment")
def test_an_ignored_account(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Callable[[str], Path]
) -> None:
    aws.world.set_repository_policy(shelf.repository, lets_pull(OTHER))
    settings_file(f"usage: {{{others_off()}, ignore_accounts: ['{OTHER}']}}")
    assert plan().plan["complete"] is True


def test_the_account_of_the_registry_is_scanned(aws: AwsStandIn, shelf: Shelf, plan: Run) -> None:
    aws.world.set_repository_policy(shelf.repository, lets_pull(DEFAULT_ACCOUNT))
    assert plan().plan["complete"] is True


def test_an_open_policy(aws: AwsStandIn, shelf: Shelf, plan: Run) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    aws.world.set_repository_policy(shelf.repository, {"Statement": [statement]})
    is_incomplete(plan(), "that it does not name", "'*'")


@pytest.mark.usefixtures("shelf")
def test_deletions_replicated_to_an_unscanned_region(aws: AwsStandIn, plan: Run) -> None:
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    result = plan()
    is_incomplete(result, "us-east-1", "deleteReplication")
    assert result.plan["deleted_also_in"] == [f"{DEFAULT_ACCOUNT} in us-east-1"]


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("deletions", [False, None])
def test_replication_without_deletions(
    aws: AwsStandIn, plan: Run, *, deletions: bool | None
) -> None:
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=deletions)
    result = plan()
    assert result.status == 0
    assert result.plan["deleted_also_in"] == []


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(("prefix", "status"), [("team/", 3), ("other/", 0)])
def test_a_rule_applies_to_its_prefix(prefix: str, status: int, aws: AwsStandIn, plan: Run) -> None:
    aws.world.replicate([(OTHER, "eu-west-1")], prefixes=[prefix], deletions=True)
    assert plan().status == status


@pytest.mark.usefixtures("shelf")
def test_the_table_names_the_destinations(
    aws: AwsStandIn, run: Run, settings_file: Callable[[str], Path]
) -> None:
    """The Region is scanned, so the plan is complete. Approvers must still see it."""
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    settings_file("usage: {regions: [eu-west-1, us-east-1], ecs: false, expect_none: true}")
    result = run("plan", "team/api")
    assert result.status == 0
    assert f"Replication also deletes these in {DEFAULT_ACCOUNT} in us-east-1." in result.out


def test_usage_of_the_replica_keeps_the_image(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Callable[[str], Path]
) -> None:
    """Deletions here would delete the image in the replica."""
    there = shelf.id.uri.replace("eu-west-1", "us-east-1")
    unknown = f"sha256:{'0' * 64}"
    aws.world.functions(DEFAULT_ACCOUNT, "us-east-1").create("f", f"{there}:1.3", digest=unknown)
    aws.world.functions().create("g", f"{shelf.id.uri}:1.4")
    aws.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    settings_file("policies: [{keep: []}]\nusage: {regions: [eu-west-1, us-east-1], ecs: false}")
    found = plan().plan
    assert found["complete"] is True
    kept = {tag for each in found["images"] if each["verdict"] == "keep" for tag in each["tags"]}
    assert kept == {"1.3", "1.4"}


def test_ignoring_an_open_policy_does_not_ignore_named_accounts(
    aws: AwsStandIn, shelf: Shelf, plan: Run, settings_file: Callable[[str], Path]
) -> None:
    settings_file(f"usage: {{{others_off()}, ignore_accounts: ['*']}}")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    aws.world.set_repository_policy(shelf.repository, {"Statement": [statement]})
    assert plan().status == 0
    aws.world.set_repository_policy(shelf.repository, lets_pull(OTHER))
    is_incomplete(plan(), OTHER)
