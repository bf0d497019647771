"""GetRepositoryPolicy, GetRegistryPolicy and DescribeRegistry."""

from typing import TYPE_CHECKING, Any

import orjson

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

OTHER = "210987654321"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}


def test_a_repositorys_policy(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    assert refused(ecr.get_repository_policy, repositoryName="team/api")[0] == (
        "RepositoryPolicyNotFoundException"
    )

    aws.world.set_repository_policy(repository, POLICY)

    shown = ecr.get_repository_policy(repositoryName="team/api")
    assert orjson.loads(shown["policyText"]) == POLICY
    assert (shown["registryId"], shown["repositoryName"]) == ("123456789012", "team/api")
    assert refused(ecr.get_repository_policy, repositoryName="no/such")[0] == (
        "RepositoryNotFoundException"
    )


def test_a_lifecycle_policy(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    assert refused(ecr.get_lifecycle_policy, repositoryName="team/api")[0] == (
        "LifecyclePolicyNotFoundException"
    )
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}

    ControlClient(aws.url).send(
        "PUT", "/lifecycle-policies", {"repository": "team/api", "policy": {"rules": [rule]}}
    )

    shown = ecr.get_lifecycle_policy(repositoryName="team/api")
    assert orjson.loads(shown["lifecyclePolicyText"]) == {"rules": [rule]}
    assert (shown["registryId"], shown["repositoryName"]) == (repository.account, "team/api")
    assert refused(ecr.get_lifecycle_policy, repositoryName="no/such")[0] == (
        "RepositoryNotFoundException"
    )


def test_a_registrys_policy(aws: AwsStandIn, ecr: "ECRClient") -> None:
    assert refused(ecr.get_registry_policy)[0] == "RegistryPolicyNotFoundException"
    aws.world.set_registry_policy(POLICY)
    assert orjson.loads(ecr.get_registry_policy()["policyText"]) == POLICY


def test_replication(aws: AwsStandIn, ecr: "ECRClient") -> None:
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": []}
    aws.world.replicate([("123456789012", "us-east-1")])
    aws.world.replicate([(OTHER, "eu-west-1")], prefixes=["team/"], deletions=True)

    answer: Any = ecr.describe_registry()

    assert answer["registryId"] == "123456789012"
    assert answer["replicationConfiguration"]["rules"] == [
        {"destinations": [{"region": "us-east-1", "registryId": "123456789012"}]},
        {
            "destinations": [{"region": "eu-west-1", "registryId": OTHER}],
            "repositoryFilters": [{"filter": "team/", "filterType": "PREFIX_MATCH"}],
            "deleteReplication": {"enabled": True},
        },
    ]


def test_permissions(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.create_repository("team/api")
    aws.world.deny("ecr:GetRepositoryPolicy", resource="*/team/api")
    aws.world.deny("ecr:DescribeRegistry")
    assert refused(ecr.get_repository_policy, repositoryName="team/api")[0] == (
        "AccessDeniedException"
    )
    assert refused(ecr.describe_registry)[0] == "AccessDeniedException"
