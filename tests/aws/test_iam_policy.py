"""The actions and resources of the least-privilege policies."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.aws.iam_policy import (
    ACTIONS_OF_SOURCES,
    ANY,
    MAX_POLICY_SIZE,
    IamPolicyScope,
    partition_of,
    read_policy,
    size_of,
)
from bot.core.repository import RegistryId

HERE, THERE = "123456789012", "210987654321"
IRELAND, VIRGINIA = RegistryId(HERE, "eu-west-1"), RegistryId(HERE, "us-east-1")
ROLE = f"arn:aws:iam::{THERE}:role/ci/cleaner"
EVERY_REGION = tuple(f"me-southwest-{number}" for number in range(40))

ALL = IamPolicyScope(HERE, "aws", (IRELAND,), tuple(ACTIONS_OF_SOURCES), ("eu-west-1",))


def statements(scope: IamPolicyScope) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in read_policy(scope)["Statement"]}


def actions(scope: IamPolicyScope) -> set[str]:
    return {action for each in statements(scope).values() for action in each["Action"]}


def services(scope: IamPolicyScope) -> set[str]:
    return {action.partition(":")[0] for action in actions(scope)}


def test_the_form_of_a_policy() -> None:
    policy = read_policy(ALL)
    assert policy["Version"] == "2012-10-17"
    assert all(statement["Effect"] == "Allow" for statement in policy["Statement"])
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)


def test_it_only_reads() -> None:
    verbs = {action.partition(":")[2] for action in actions(ALL)}
    assert all(verb.startswith(("BatchGet", "Describe", "Get", "List")) for verb in verbs)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (("ecs", "lambda"), {"ecs", "events", "scheduler", "lambda"}),
        (("ecs",), {"ecs", "events", "scheduler"}),
        (("lambda",), {"lambda"}),
        (("kubernetes",), {"eks"}),
        (("app_runner",), {"apprunner"}),
        (("batch",), {"batch"}),
        (("sagemaker",), {"sagemaker"}),
        (("codebuild",), {"codebuild"}),
        ((), set()),
    ],
)
def test_a_source_that_is_off_needs_nothing(sources: tuple[str, ...], expected: set[str]) -> None:
    assert services(replace(ALL, sources=sources)) == {"ecr", *expected}


def test_clusters_that_are_listed_by_eks_name() -> None:
    without = tuple(each for each in ACTIONS_OF_SOURCES if each != "eks_clusters")
    assert actions(ALL) - actions(replace(ALL, sources=without)) == {"eks:DescribeCluster"}


def test_narrow_actions_have_resources() -> None:
    found = statements(ALL)
    assert found["ReadRepositories"]["Resource"] == [
        "arn:aws:ecr:eu-west-1:123456789012:repository/*"
    ]
    assert found["ReadWorkloads"]["Resource"] == [
        "arn:aws:apprunner:eu-west-1:123456789012:service/*",
        "arn:aws:codebuild:eu-west-1:123456789012:project/*",
        "arn:aws:ecs:eu-west-1:123456789012:daemon-deployment/*",
        "arn:aws:ecs:eu-west-1:123456789012:daemon-revision/*",
        "arn:aws:ecs:eu-west-1:123456789012:daemon-task-definition/*",
        "arn:aws:ecs:eu-west-1:123456789012:daemon/*",
        "arn:aws:ecs:eu-west-1:123456789012:service-deployment/*",
        "arn:aws:ecs:eu-west-1:123456789012:service-revision/*",
        "arn:aws:ecs:eu-west-1:123456789012:service/*",
        "arn:aws:ecs:eu-west-1:123456789012:task/*",
        "arn:aws:eks:eu-west-1:123456789012:cluster/*",
        "arn:aws:events:eu-west-1:123456789012:rule/*",
        "arn:aws:lambda:eu-west-1:123456789012:function:*",
        "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/*",
        "arn:aws:sagemaker:eu-west-1:123456789012:inference-component/*",
        "arn:aws:sagemaker:eu-west-1:123456789012:model-package/*",
        "arn:aws:sagemaker:eu-west-1:123456789012:model/*",
        "arn:aws:scheduler:eu-west-1:123456789012:schedule/*",
    ]
    assert "Condition" not in {*found["ReadRepositories"], *found["ReadWorkloads"]}


@pytest.mark.parametrize("sid", ["ReadRegistries", "ListWorkloads"])
def test_broad_actions_are_limited_to_their_region(sid: str) -> None:
    statement = statements(ALL)[sid]
    assert statement["Resource"] == ["*"]
    assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}


def test_several_regions() -> None:
    regions = ("us-east-1", "eu-west-1")
    found = statements(replace(ALL, registries=(IRELAND, VIRGINIA), regions=regions))
    assert found["ReadRepositories"]["Resource"] == [
        "arn:aws:ecr:eu-west-1:123456789012:repository/*",
        "arn:aws:ecr:us-east-1:123456789012:repository/*",
    ]
    workloads = found["ReadWorkloads"]
    assert "arn:aws:lambda:*:123456789012:function:*" in workloads["Resource"]
    for statement in (workloads, found["ListWorkloads"], found["ReadRegistries"]):
        assert statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == sorted(regions)


def test_all_regions_need_permission_to_list_regions() -> None:
    found = statements(replace(ALL, regions=(ANY,)))
    assert found["FindRegions"]["Action"] == ["ec2:DescribeRegions"]
    for sid in ("FindRegions", "ListWorkloads", "ReadWorkloads"):
        assert "Condition" not in found[sid]
    assert "ec2" not in services(ALL)


def test_actions_in_other_regions() -> None:
    """Not needed if all Regions are scanned."""
    found = statements(replace(ALL, other_region_sources=("ecs", "lambda", "kubernetes")))
    asking = found["AskOtherRegions"]
    assert asking["Action"] == [
        "ec2:DescribeRegions",
        "ecs:ListClusters",
        "eks:ListClusters",
        "lambda:ListFunctions",
    ]
    assert asking["Resource"] == ["*"]
    assert "Condition" not in asking
    assert "AskOtherRegions" not in statements(
        replace(ALL, regions=(ANY,), other_region_sources=("ecs",))
    )


def test_the_policy_fits_a_managed_policy() -> None:
    registries = tuple(RegistryId(HERE, region) for region in EVERY_REGION)
    elsewhere = ("ecs", "lambda", "kubernetes")
    largest = replace(
        ALL, registries=registries, regions=EVERY_REGION, other_region_sources=elsewhere
    )
    assert size_of(read_policy(ALL)) < size_of(read_policy(largest))
    assert size_of(read_policy(replace(largest, registries=(IRELAND,)))) <= MAX_POLICY_SIZE


def test_settings_of_registries_in_other_accounts_are_not_read() -> None:
    found = statements(replace(ALL, registries=(RegistryId(THERE, "eu-west-1"),)))
    assert found["ReadRepositories"]["Resource"] == [
        "arn:aws:ecr:eu-west-1:210987654321:repository/*"
    ]
    assert "ReadRegistries" not in found


def test_who_only_assumes_roles() -> None:
    scope = IamPolicyScope(HERE, "aws", sources=("ecs", "lambda"), roles=(ROLE,))
    assert statements(scope) == {
        "AssumeRoles": {
            "Sid": "AssumeRoles",
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Resource": [ROLE],
        }
    }


def test_who_only_scans_usage() -> None:
    assert services(replace(ALL, registries=(), sources=("lambda",))) == {"lambda"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("*", "aws"),
    ],
)
def test_partitions(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    scope = IamPolicyScope(
        HERE, partition, (RegistryId(HERE, region),), ("ecs", "lambda"), (region,)
    )
    arns = re.findall(r"arn:[a-z-]+", json.dumps(read_policy(scope)))
    assert set(arns) == {f"arn:{partition}"}


def test_an_unknown_account_becomes_a_star() -> None:
    found = statements(IamPolicyScope(ANY, "aws", (RegistryId(ANY, ANY),), ("lambda",), (ANY,)))
    assert found["ReadRepositories"]["Resource"] == ["arn:aws:ecr:*:*:repository/*"]
    assert found["ReadWorkloads"]["Resource"] == ["arn:aws:lambda:*:*:function:*"]
    assert "Condition" not in found["ReadRegistries"]
