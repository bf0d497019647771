"""The least IAM policies for reading and for deleting. Who calls what stands in `EcrRegistry`,
`EcrDeleter`, `open_places` and the sources of usage; which resources each action takes, in AWS's
Service Authorization Reference.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.patterns import Patterns, elements, is_star
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
"""Of the host names of registries, by partition: botocore's partitions.json. The others have
amazonaws.com."""

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

DELETION = ("ecr:BatchDeleteImage",)
"""It takes repositories as resources."""

ELSEWHERE: Mapping[str, str] = {
    "ecs": "ecs:ListClusters",
    "lambda": "lambda:ListFunctions",
    "kubernetes": "eks:ListClusters",
}
"""What is asked in Regions that no source scans, for doctor and the small print of reports. Plans
are complete without it."""


def repository_names(
    patterns: Iterable[Patterns], registry: RegistryId, partition: str
) -> list[str]:
    """Names with `*` and `?` that cover every repository of this registry that these globs can
    match, by its name or by its URI. A set counts as `?`, so they may cover a little more.
    Account and Region of the registry may be `*`."""
    globs = {_without_sets(glob.lower()) for each in patterns for glob in each.globs}
    names = {glob[place:] for glob in globs for place in (0, *_places(glob, registry, partition))}
    return sorted(_without_covered(filter(_CAN_NAME_A_REPOSITORY.fullmatch, names)))


def _without_sets(glob: str) -> str:
    parts = ("*" if is_star(part) else part for part in elements(glob))
    return "".join("?" if part.startswith("[") else part for part in parts)


def _places(glob: str, registry: RegistryId, partition: str) -> Iterable[int]:
    """Where in the glob a repository's name may begin if the glob is matched against its URI."""
    if "*" in (registry.account, registry.region):
        return [place + (sign != "*") for place, sign in enumerate(glob) if sign in "/?*"]
    suffix = _SUFFIXES.get(partition, "amazonaws.com")
    return _places_behind(glob, f"{registry.account}.dkr.ecr.{registry.region}.{suffix}/")


def _places_behind(glob: str, text: str) -> set[int]:
    """Where in the glob a match stands once it has consumed `text`."""
    places = _with_empty_stars(glob, {0})
    for character in text:
        stepped = {
            place if glob[place] == "*" else place + 1
            for place in places
            if place < len(glob) and glob[place] in ("*", "?", character)
        }
        places = _with_empty_stars(glob, stepped)
    return places


def _with_empty_stars(glob: str, places: set[int]) -> set[int]:
    """A `*` may stand for nothing."""
    found = set(places)
    for place in places:
        behind = place
        while glob[behind : behind + 1] == "*":
            behind += 1
            found.add(behind)
    return found


def _without_covered(names: Iterable[str]) -> list[str]:
    """Leaves out names that another name covers."""
    kept: list[str] = []
    for name in names:
        if not any(_covers(other, name) for other in kept):
            kept = [name, *(other for other in kept if not _covers(name, other))]
    return kept


def _covers(wide: str, narrow: str) -> bool:
    """`?` covers no `*`."""
    parts = {"*": ".*", "?": "[^*]"}
    form = "".join(parts.get(sign, re.escape(sign)) for sign in wide)
    return re.fullmatch(form, narrow) is not None


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

NEEDS_OF_SOURCES: Mapping[str, Needs] = {
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


@dataclass(frozen=True, slots=True)
class Duties:
    """What one principal has to do: read `registries`, or delete in their `repositories`; look for
    usage with `looks` (keys of NEEDS_OF_SOURCES) in `regions` of its own `account`; ask for some of
    them `elsewhere`, in its other Regions; assume `roles`."""

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
    needs = [NEEDS_OF_SOURCES[look] for look in duties.looks]
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
