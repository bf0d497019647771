"""The least IAM policy for reading. Who calls what stands in `EcrRegistry`, `open_places` and the
sources of usage; which resources each action takes, in AWS's Service Authorization Reference."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.repository import RegistryId

LARGEST = 6144
"""Characters of a managed policy, white space not counted: IAM user guide, IAM and STS quotas."""

ANY = "*"
"""An account or Region that is not known, or all of them."""

Policy = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions that take the same resources: what their ARNs end in; none for those that the
    Service Authorization Reference gives no type of resource."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()


READ_REPOSITORIES = Permission(
    "ReadRepositories",
    (
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetRepositoryPolicy",
    ),
    ("repository/*",),
)
READ_REGISTRIES = Permission(
    "ReadRegistries",
    (
        "ecr:DescribeRegistry",
        "ecr:GetAccountSetting",
        "ecr:GetRegistryPolicy",
        "ecr:ListPullTimeUpdateExclusions",
    ),
)
FIND_REGIONS = Permission("FindRegions", ("ec2:DescribeRegions",))
LIST_OLDER_REVISIONS = Permission("ListOlderRevisions", ("ecs:ListTaskDefinitions",))

READ_USAGE: Mapping[str, tuple[Permission, ...]] = {
    "ecs": (
        Permission(
            "ListEcs",
            (
                "ecs:DescribeTaskDefinition",
                "ecs:ListClusters",
                "ecs:ListServices",
                "ecs:ListTaskDefinitionFamilies",
                "ecs:ListTasks",
            ),
        ),
        Permission(
            "ReadEcs",
            (
                "ecs:DescribeServiceDeployments",
                "ecs:DescribeServiceRevisions",
                "ecs:DescribeServices",
                "ecs:DescribeTasks",
            ),
            ("service/*", "service-deployment/*", "service-revision/*", "task/*"),
        ),
        Permission(
            "ListSchedules",
            ("events:ListEventBuses", "events:ListRules", "scheduler:ListSchedules"),
        ),
        Permission("ReadRules", ("events:ListTargetsByRule",), ("rule/*",)),
        Permission("ReadSchedules", ("scheduler:GetSchedule",), ("schedule/*",)),
    ),
    "lambda": (
        Permission("ListFunctions", ("lambda:ListFunctions",)),
        Permission("ReadFunctions", ("lambda:GetFunction", "lambda:ListAliases"), ("function:*",)),
    ),
}
"""By source. The reference gives ListTasks container instances, but IAM asks for `*` where it lists
a cluster's tasks: developer guide of ECS, Identity-based policy examples."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What one principal has to do: read `registries`, look for usage with `sources` in `regions`
    of its own `account`, assume `roles`. `older_revisions`: more than one of a task definition
    counts."""

    account: str
    partition: str
    registries: tuple[RegistryId, ...] = ()
    sources: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    older_revisions: bool = False
    roles: tuple[str, ...] = ()


def partition_of(region: str) -> str:
    """By the names of Regions in China and GovCloud: IAM user guide, ARNs."""
    partitions = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((p for prefix, p in partitions.items() if region.startswith(prefix)), "aws")


def read_policy(duties: Duties) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(_statements(duties))}


def size_of(policy: Policy) -> int:
    """As IAM counts it."""
    return len(json.dumps(policy, separators=(",", ":")))


def _statements(duties: Duties) -> Iterator[Policy]:
    yield from _registry_statements(duties)
    if ANY in duties.regions:
        yield _statement(FIND_REGIONS, ())
    for permission in _usage_permissions(duties):
        yield _statement(permission, _usage_arns(permission, duties), duties.regions)
    if duties.roles:
        yield _statement(Permission("AssumeRoles", ("sts:AssumeRole",)), duties.roles)


def _registry_statements(duties: Duties) -> Iterator[Policy]:
    """A registry's settings can be asked of one's own account alone."""
    if duties.registries:
        arns = [
            _arn(duties, "ecr", registry.region, registry.account, resource)
            for registry in duties.registries
            for resource in READ_REPOSITORIES.resources
        ]
        yield _statement(READ_REPOSITORIES, arns)
    own = [each.region for each in duties.registries if duties.account in (each.account, ANY)]
    if own:
        yield _statement(READ_REGISTRIES, (), own)


def _usage_permissions(duties: Duties) -> Iterator[Permission]:
    if not duties.regions:
        return
    for source in duties.sources:
        yield from READ_USAGE[source]
    if "ecs" in duties.sources and duties.older_revisions:
        yield LIST_OLDER_REVISIONS


def _usage_arns(permission: Permission, duties: Duties) -> list[str]:
    """An ARN for each of many Regions would make the policy too large: the condition on Regions
    narrows as much."""
    service = permission.actions[0].partition(":")[0]
    region = duties.regions[0] if len(duties.regions) == 1 else ANY
    return [
        _arn(duties, service, region, duties.account, resource) for resource in permission.resources
    ]


def _arn(duties: Duties, service: str, region: str, account: str, resource: str) -> str:
    return f"arn:{duties.partition}:{service}:{region}:{account}:{resource}"


def _statement(
    permission: Permission, arns: Iterable[str], regions: Sequence[str] = (ANY,)
) -> Policy:
    """Where the resources leave Regions open, a condition names them."""
    resources = sorted(set(arns)) or [ANY]
    statement: dict[str, Any] = {
        "Sid": permission.sid,
        "Effect": "Allow",
        "Action": list(permission.actions),
        "Resource": resources,
    }
    if ANY not in regions and any(_leaves_region_open(resource) for resource in resources):
        condition = {"aws:RequestedRegion": sorted(set(regions))}
        statement["Condition"] = {"StringEquals": condition}
    return statement


def _leaves_region_open(resource: str) -> bool:
    return resource == ANY or resource.split(":")[3] == ANY
