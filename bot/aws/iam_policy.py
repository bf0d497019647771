"""The least IAM policies for reading and for deleting. Who calls what stands in `EcrRegistry`,
`EcrDeleter`, `open_places` and the sources of usage; which resources each action takes, in AWS's
Service Authorization Reference."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.aws.iam_patterns import repository_names
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId, RepositoryId

LARGEST = 6144
"""Characters of a managed policy, white space not counted: IAM user guide, IAM and STS quotas."""

ANY = "*"
"""An account or Region that is not known, or all of them."""

_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}

Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Needs:
    """`narrow` actions take `resources`, written SERVICE:RESOURCE; `broad` ones take none but `*`,
    since the reference gives them no type of resource."""

    broad: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


REGISTRY = Needs(
    broad=(
        "ecr:DescribeRegistry",
        "ecr:GetAccountSetting",
        "ecr:GetRegistryPolicy",
        "ecr:ListPullTimeUpdateExclusions",
    ),
    narrow=(
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetRepositoryPolicy",
        "ecr:ListImages",
        "ecr:ListTagsForResource",
    ),
    resources=("ecr:repository/*",),
)
"""ecr:ListImages is asked only while a plan is carried out, ecr:ListTagsForResource only before
reports that come by themselves."""

DELETION = ("ecr:BatchDeleteImage",)
"""It takes repositories as resources."""

SOURCES: Mapping[str, Needs] = {
    "ecs": Needs(
        broad=(
            "ecs:DescribeTaskDefinition",
            "ecs:ListClusters",
            "ecs:ListDaemonTaskDefinitions",
            "ecs:ListDaemons",
            "ecs:ListServices",
            "ecs:ListTaskDefinitionFamilies",
            "ecs:ListTasks",
            "events:ListEventBuses",
            "events:ListRules",
            "scheduler:ListSchedules",
        ),
        narrow=(
            "ecs:DescribeDaemon",
            "ecs:DescribeDaemonDeployments",
            "ecs:DescribeDaemonRevisions",
            "ecs:DescribeDaemonTaskDefinition",
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
            "ecs:DescribeServices",
            "ecs:DescribeTasks",
            "events:ListTargetsByRule",
            "scheduler:GetSchedule",
        ),
        resources=(
            "ecs:daemon/*",
            "ecs:daemon-deployment/*",
            "ecs:daemon-revision/*",
            "ecs:daemon-task-definition/*",
            "ecs:service/*",
            "ecs:service-deployment/*",
            "ecs:service-revision/*",
            "ecs:task/*",
            "events:rule/*",
            "scheduler:schedule/*",
        ),
    ),
    "ecs_revisions": Needs(broad=("ecs:ListTaskDefinitions",)),
    "lambda": Needs(
        broad=("lambda:ListFunctions",),
        narrow=("lambda:GetFunction", "lambda:ListAliases"),
        resources=("lambda:function:*",),
    ),
    "kubernetes": Needs(broad=("eks:ListClusters",)),
    "eks_clusters": Needs(narrow=("eks:DescribeCluster",), resources=("eks:cluster/*",)),
    "app_runner": Needs(
        broad=("apprunner:ListServices",),
        narrow=("apprunner:DescribeService",),
        resources=("apprunner:service/*",),
    ),
    "batch": Needs(broad=("batch:DescribeJobDefinitions",)),
    "sagemaker": Needs(
        broad=(
            "sagemaker:ListEndpoints",
            "sagemaker:ListInferenceComponents",
            "sagemaker:ListModels",
        ),
        narrow=(
            "sagemaker:DescribeEndpoint",
            "sagemaker:DescribeInferenceComponent",
            "sagemaker:DescribeModel",
            "sagemaker:DescribeModelPackage",
        ),
        resources=(
            "sagemaker:endpoint/*",
            "sagemaker:inference-component/*",
            "sagemaker:model-package/*",
            "sagemaker:model/*",
        ),
    ),
    "codebuild": Needs(
        broad=("codebuild:ListProjects",),
        narrow=("codebuild:BatchGetProjects",),
        resources=("codebuild:project/*",),
    ),
}
"""Beside the sources: `ecs_revisions`, where more than one of a task definition counts;
`eks_clusters`, where some are listed by what EKS calls them. The reference gives ecs:ListTasks
container instances, but IAM asks for `*` where the tasks of a cluster are listed: developer guide
of ECS, Identity-based policy examples."""

ELSEWHERE: Mapping[str, str] = {
    "ecs": "ecs:ListClusters",
    "lambda": "lambda:ListFunctions",
    "kubernetes": "eks:ListClusters",
}
"""What is asked in Regions that no source scans, for doctor and the small print of reports. Plans
are complete without it."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What one principal has to do: read `registries`, or delete in their `repositories`; look for
    usage with `looks` (keys of SOURCES) in `regions` of its own `account`; ask for some of them
    `elsewhere`, in its other Regions; assume `roles`."""

    account: str
    partition: str
    registries: tuple[RegistryId, ...] = ()
    looks: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    repositories: tuple[Patterns, ...] = ()


def repository_arn(repository: RepositoryId) -> str:
    region, account = repository.registry.region, repository.registry.account
    return _arn(partition_of(region), f"ecr:repository/{repository.name}", region, account)


def partition_of(region: str) -> str:
    """By the names of Regions: botocore's partitions.json."""
    return next((p for prefix, p in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def read_policy(duties: Duties) -> Policy:
    return _policy(
        *_registry_statements(duties),
        *(_usage_statements(duties) if duties.looks and duties.regions else ()),
        *_role_statements(duties),
    )


def delete_policy(duties: Duties) -> Policy:
    return _policy(*_deletion_statements(duties), *_role_statements(duties))


def size_of(policy: Policy) -> int:
    """As IAM counts it."""
    return len(json.dumps(policy, separators=(",", ":")))


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}


def _deletion_statements(duties: Duties) -> Iterator[Policy]:
    arns = [
        _arn(duties.partition, f"ecr:repository/{name}", registry.region, registry.account)
        for registry in duties.registries
        for name in repository_names(duties.repositories, registry, duties.partition)
    ]
    if arns:
        yield _statement("DeleteImages", DELETION, arns)


def _registry_statements(duties: Duties) -> Iterator[Policy]:
    """A registry's settings can be asked of one's own account alone."""
    if arns := _arns_in_registries(duties):
        yield _statement("ReadRepositories", REGISTRY.narrow, arns)
    own = [each.region for each in duties.registries if duties.account in (each.account, ANY)]
    if own:
        yield _statement("ReadRegistries", REGISTRY.broad, [ANY], own)


def _arns_in_registries(duties: Duties) -> list[str]:
    return [
        _arn(duties.partition, resource, registry.region, registry.account)
        for registry in duties.registries
        for resource in REGISTRY.resources
    ]


def _usage_statements(duties: Duties) -> Iterator[Policy]:
    """Of many Regions each with ARNs of its own the policy would grow too large: a condition
    narrows as much."""
    if ANY in duties.regions:
        yield _statement("FindRegions", ["ec2:DescribeRegions"], [ANY])
    elif duties.elsewhere:
        asked = [ELSEWHERE[look] for look in duties.elsewhere]
        yield _statement("AskOtherRegions", ["ec2:DescribeRegions", *asked], [ANY])
    needs = [SOURCES[look] for look in duties.looks]
    broad = [action for each in needs for action in each.broad]
    if broad:
        yield _statement("ListWorkloads", broad, [ANY], duties.regions)
    region = duties.regions[0] if len(duties.regions) == 1 else ANY
    arns = [
        _arn(duties.partition, resource, region, duties.account)
        for each in needs
        for resource in each.resources
    ]
    narrow = [action for each in needs for action in each.narrow]
    if narrow:
        yield _statement("ReadWorkloads", narrow, arns, duties.regions)


def _role_statements(duties: Duties) -> Iterator[Policy]:
    if duties.roles:
        yield _statement("AssumeRoles", ["sts:AssumeRole"], duties.roles)


def _arn(partition: str, resource: str, region: str, account: str) -> str:
    service, _, name = resource.partition(":")
    return f"arn:{partition}:{service}:{region}:{account}:{name}"


def _statement(
    sid: str, actions: Iterable[str], resources: Iterable[str], regions: Sequence[str] = (ANY,)
) -> Policy:
    """Held in `regions` by a condition where the resources leave them open."""
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(set(actions)),
        "Resource": sorted(set(resources)),
    }
    if ANY not in regions and any(map(_leaves_region_open, statement["Resource"])):
        condition = {"aws:RequestedRegion": sorted(set(regions))}
        statement["Condition"] = {"StringEquals": condition}
    return statement


def _leaves_region_open(resource: str) -> bool:
    return resource == ANY or resource.split(":")[3] == ANY
