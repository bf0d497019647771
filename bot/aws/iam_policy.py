"""Builds the least-privilege IAM policies for reading and for deleting.

The actions are called in `EcrRegistry`, `EcrDeleter`, `AwsPriceList`, `open_aws_apis` and the usage
sources. AWS's Service Authorization Reference lists the resources of each action.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.patterns import Patterns, elements, is_star
from bot.core.regular_expressions import is_regular_expression
from bot.core.repository import RegistryId, RepositoryId

_CAN_NAME_A_REPOSITORY = re.compile(r"[a-z0-9._/*?-]+")
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
"""DNS suffixes of registry host names by partition: botocore's partitions.json. Other partitions
use amazonaws.com."""

MAX_POLICY_SIZE = 6144
"""Characters of a managed policy without white space: IAM user guide, IAM and STS quotas."""

ANY = "*"
"""Any account or Region, also if it is unknown."""

_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}

PRICE_LIST_PARTITION = "aws"
"""Other partitions have no price list, or none in USD."""

PRICE_LIST_REGION = "us-east-1"
"""The price list of all Regions has endpoints in few: botocore's endpoints.json."""

Policy = Mapping[str, Any]

DELETION = ("ecr:BatchDeleteImage",)
"""The action accepts repositories as resources."""

ACTIONS_IN_OTHER_REGIONS: Mapping[str, str] = {
    "ecs": "ecs:ListClusters",
    "lambda": "lambda:ListFunctions",
    "kubernetes": "eks:ListClusters",
}
"""Actions called in Regions that no source scans, for `doctor` and the notes of reports. A plan
does not need them to be complete."""


def repository_names(
    patterns: Iterable[Patterns], registry: RegistryId, partition: str
) -> list[str]:
    """Returns name patterns with `*` and `?` that cover every repository of the registry whose name
    or URI these patterns match. A set such as `[ab]` becomes `?`, and a regular expression `*`, so
    they may cover more.    Account and Region of the registry may be `*`."""
    globs = {_as_iam_pattern(text) for each in patterns for text in each.texts}
    names = {
        glob[position:]
        for glob in globs
        for position in (0, *_uri_positions(glob, registry, partition))
    }
    return sorted(_without_redundant(filter(_CAN_NAME_A_REPOSITORY.fullmatch, names)))


def _as_iam_pattern(pattern: str) -> str:
    if is_regular_expression(pattern):
        return "*"
    parts = ("*" if is_star(part) else part for part in elements(pattern.lower()))
    return "".join("?" if part.startswith("[") else part for part in parts)


def _uri_positions(glob: str, registry: RegistryId, partition: str) -> Iterable[int]:
    """Positions in the glob where the repository name may start, if the glob is matched against the
    URI."""
    if "*" in (registry.account, registry.region):
        return [position + (sign != "*") for position, sign in enumerate(glob) if sign in "/?*"]
    suffix = _SUFFIXES.get(partition, "amazonaws.com")
    return _positions_after(glob, f"{registry.account}.dkr.ecr.{registry.region}.{suffix}/")


def _positions_after(glob: str, text: str) -> set[int]:
    """Positions in the glob that a match may have reached after consuming `text`."""
    positions = _with_empty_stars(glob, {0})
    for character in text:
        stepped = {
            position if glob[position] == "*" else position + 1
            for position in positions
            if position < len(glob) and glob[position] in ("*", "?", character)
        }
        positions = _with_empty_stars(glob, stepped)
    return positions


def _with_empty_stars(glob: str, positions: set[int]) -> set[int]:
    """Adds the positions after each `*`, which also matches the empty text."""
    found = set(positions)
    for position in positions:
        end = position
        while glob[end : end + 1] == "*":
            end += 1
            found.add(end)
    return found


def _without_redundant(names: Iterable[str]) -> list[str]:
    """Leaves out patterns that another pattern covers."""
    kept: list[str] = []
    for name in names:
        if not any(_covers(other, name) for other in kept):
            kept = [name, *(other for other in kept if not _covers(name, other))]
    return kept


def _covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches everything that `narrow` matches. `?` does not cover `*`."""
    parts = {"*": ".*", "?": "[^*]"}
    form = "".join(parts.get(sign, re.escape(sign)) for sign in wide)
    return re.fullmatch(form, narrow) is not None


@dataclass(frozen=True, slots=True)
class RequiredIamActions:
    """`narrow` actions accept `resources`, written SERVICE:RESOURCE. `broad` actions only accept
    `*`: AWS's reference lists no resource type for them."""

    broad: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


REGISTRY = RequiredIamActions(
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
"""ecr:ListImages is only called while a plan is executed, ecr:ListTagsForResource only before
scheduled reports."""

LIFECYCLE_POLICIES = ("ecr:GetLifecyclePolicy",)
"""Only `ecr-clean init` calls it. The action accepts repositories as resources."""

PRICES = RequiredIamActions(broad=("pricing:GetProducts",))

ACTIONS_OF_SOURCES: Mapping[str, RequiredIamActions] = {
    "ecs": RequiredIamActions(
        broad=(
            "ecs:DescribeTaskDefinition",
            "ecs:ListClusters",
            "ecs:ListDaemonTaskDefinitions",
            "ecs:ListDaemons",
            "ecs:ListServices",
            "ecs:ListTaskDefinitionFamilies",
            "ecs:ListTaskDefinitions",
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
    "lambda": RequiredIamActions(
        broad=("lambda:ListFunctions",),
        narrow=("lambda:GetFunction", "lambda:ListAliases"),
        resources=("lambda:function:*",),
    ),
    "kubernetes": RequiredIamActions(broad=("eks:ListClusters",)),
    "eks_clusters": RequiredIamActions(
        narrow=("eks:DescribeCluster",), resources=("eks:cluster/*",)
    ),
    "app_runner": RequiredIamActions(
        broad=("apprunner:ListServices",),
        narrow=("apprunner:DescribeService",),
        resources=("apprunner:service/*",),
    ),
    "batch": RequiredIamActions(broad=("batch:DescribeJobDefinitions",)),
    "sagemaker": RequiredIamActions(
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
    "codebuild": RequiredIamActions(
        broad=("codebuild:ListProjects",),
        narrow=("codebuild:BatchGetProjects",),
        resources=("codebuild:project/*",),
    ),
}
"""By source. One more key: `eks_clusters` if the settings list clusters by EKS name.

AWS's reference lists container instances as resources of ecs:ListTasks, but IAM requires `*` to
list the tasks of a cluster: ECS developer guide, Identity-based policy examples."""


@dataclass(frozen=True, slots=True)
class IamPolicyScope:
    """What one principal must be allowed to do.

    Reads `registries`, or deletes in their `repositories`. Scans `sources` (keys of
    ACTIONS_OF_SOURCES) in `regions` of `account`. Asks about `other_region_sources` in the
    other Regions of that account. Assumes `roles`. `reads_prices`: from AWS's
    price list.
    """

    account: str
    partition: str
    registries: tuple[RegistryId, ...] = ()
    sources: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    other_region_sources: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    repositories: tuple[Patterns, ...] = ()
    reads_prices: bool = False


def repository_arn(repository: RepositoryId) -> str:
    region, account = repository.registry.region, repository.registry.account
    return _arn(partition_of(region), f"ecr:repository/{repository.name}", region, account)


def partition_of(region: str) -> str:
    """The partition of a Region by its name: botocore's partitions.json."""
    return next((p for prefix, p in _PARTITIONS.items() if region.startswith(prefix)), "aws")


def read_policy(scope: IamPolicyScope) -> Policy:
    return _policy(
        *_registry_statements(scope),
        *(_usage_statements(scope) if scope.sources and scope.regions else ()),
        *_price_statements(scope),
        *_role_statements(scope),
    )


def init_policy(scope: IamPolicyScope) -> Policy:
    """For `ecr-clean init`: as `read_policy`, and reads lifecycle policies."""
    lifecycle = _statement("ReadLifecyclePolicies", LIFECYCLE_POLICIES, _arns_in_registries(scope))
    return _policy(lifecycle, *read_policy(scope)["Statement"])


def delete_policy(scope: IamPolicyScope) -> Policy:
    return _policy(*_deletion_statements(scope), *_role_statements(scope))


def size_of(policy: Policy) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}


def _deletion_statements(scope: IamPolicyScope) -> Iterator[Policy]:
    arns = [
        _arn(scope.partition, f"ecr:repository/{name}", registry.region, registry.account)
        for registry in scope.registries
        for name in repository_names(scope.repositories, registry, scope.partition)
    ]
    if arns:
        yield _statement("DeleteImages", DELETION, arns)


def _registry_statements(scope: IamPolicyScope) -> Iterator[Policy]:
    """Settings of a registry can only be read in the caller's own account."""
    if arns := _arns_in_registries(scope):
        yield _statement("ReadRepositories", REGISTRY.narrow, arns)
    own = [each.region for each in scope.registries if scope.account in (each.account, ANY)]
    if own:
        yield _statement("ReadRegistries", REGISTRY.broad, [ANY], own)


def _arns_in_registries(scope: IamPolicyScope) -> list[str]:
    return [
        _arn(scope.partition, resource, registry.region, registry.account)
        for registry in scope.registries
        for resource in REGISTRY.resources
    ]


def _usage_statements(scope: IamPolicyScope) -> Iterator[Policy]:
    """Limits several Regions by a condition: ARNs for each Region would make the policy too
    large."""
    if ANY in scope.regions:
        yield _statement("FindRegions", ["ec2:DescribeRegions"], [ANY])
    elif scope.other_region_sources:
        actions = [ACTIONS_IN_OTHER_REGIONS[source] for source in scope.other_region_sources]
        yield _statement("AskOtherRegions", ["ec2:DescribeRegions", *actions], [ANY])
    needs = [ACTIONS_OF_SOURCES[source] for source in scope.sources]
    broad = [action for each in needs for action in each.broad]
    if broad:
        yield _statement("ListWorkloads", broad, [ANY], scope.regions)
    region = scope.regions[0] if len(scope.regions) == 1 else ANY
    arns = [
        _arn(scope.partition, resource, region, scope.account)
        for each in needs
        for resource in each.resources
    ]
    narrow = [action for each in needs for action in each.narrow]
    if narrow:
        yield _statement("ReadWorkloads", narrow, arns, scope.regions)


def _price_statements(scope: IamPolicyScope) -> Iterator[Policy]:
    if scope.reads_prices:
        yield _statement("ReadPrices", PRICES.broad, [ANY], [PRICE_LIST_REGION])


def _role_statements(scope: IamPolicyScope) -> Iterator[Policy]:
    if scope.roles:
        yield _statement("AssumeRoles", ["sts:AssumeRole"], scope.roles)


def _arn(partition: str, resource: str, region: str, account: str) -> str:
    service, _, name = resource.partition(":")
    return f"arn:{partition}:{service}:{region}:{account}:{name}"


def _statement(
    sid: str, actions: Iterable[str], resources: Iterable[str], regions: Sequence[str] = (ANY,)
) -> Policy:
    """Adds a condition on `regions` if a resource does not name a Region."""
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
