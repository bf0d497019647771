"""ECS services: the task definitions and images that they run, and would roll back to."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.core.usage import ImageUse
from bot.ports import DefinitionKey, OpenDefinitionCache
from bot.usage.ecs_definitions import (
    EcsDescribeCall,
    TaskDefinitionUse,
    container_image_uses,
    describe_all,
    describe_in_clusters,
    list_in_cluster,
    short_name,
)
from bot.usage.known_definitions import Reading, read_once

_SERVICES = EcsDescribeCall(
    "describe_services", parameter="services", result_key="services", limit=10
)
"""Limit: API reference, DescribeServices."""

_DEPLOYMENTS = EcsDescribeCall(
    "describe_service_deployments",
    parameter="serviceDeploymentArns",
    result_key="serviceDeployments",
    limit=20,
)

_REVISIONS = EcsDescribeCall(
    "describe_service_revisions",
    parameter="serviceRevisionArns",
    result_key="serviceRevisions",
    limit=20,
)
"""Limits: API reference. Both calls answer MISSING for deployments before October 25, 2024."""

_FINISHED = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
"""Values of the status of a service deployment that does not change any more: API reference,
ServiceDeployment."""

_DEPLOYMENT_STATES = {"PRIMARY": "", "ACTIVE": " (draining)", "INACTIVE": " (replaced)"}
"""API reference, Deployment, status. ACTIVE deployments are being replaced and still run tasks."""

_TASK_SET_STATES = {"PRIMARY": "", "ACTIVE": " (second task set)", "DRAINING": " (draining)"}
"""API reference, TaskSet, status. ACTIVE task sets serve no production traffic."""


def service_findings(
    aws: AwsApi, open_cache: OpenDefinitionCache, clusters: Sequence[str]
) -> Iterator[ImageUse | TaskDefinitionUse]:
    def listed(cluster: str) -> Sequence[str]:
        return list(list_in_cluster(aws, "list_services", "serviceArns", cluster))

    revisions: dict[str, str] = {}
    deployments: dict[str, str] = {}
    for service in describe_in_clusters(aws, _SERVICES, clusters, listed):
        used_by = f"ECS {short_name(service['clusterArn'])}/{service['serviceName']}"
        yield from _definitions(service, used_by)
        for revision in service.get("currentServiceRevisions") or ():
            revisions[revision["arn"]] = used_by
        if deployment := service.get("currentServiceDeployment"):
            deployments[deployment] = used_by
    history = _ServiceHistory(aws, open_cache)
    settled: set[str] = set()
    for arn, deployment in history.deployments(list(deployments)).items():
        for revision in deployment.revisions:
            revisions.setdefault(revision, f"{deployments[arn]} (to roll back to)")
        if deployment.is_finished:
            settled.update(deployment.revisions)
    for arn, revision in history.revisions(list(revisions), settled).items():
        yield from revision.findings(revisions[arn])


def _definitions(service: AwsAnswer, used_by: str) -> Iterator[TaskDefinitionUse]:
    """With the deployment controllers CODE_DEPLOY and EXTERNAL, a service has task sets instead of
    deployments. With EXTERNAL it has no task definition."""
    if definition := service.get("taskDefinition"):
        yield TaskDefinitionUse(definition, used_by)
    for deployment in service["deployments"]:
        state = _DEPLOYMENT_STATES.get(deployment["status"], "")
        yield TaskDefinitionUse(deployment["taskDefinition"], f"{used_by}{state}")
    for task_set in service.get("taskSets") or ():
        state = _TASK_SET_STATES.get(task_set["status"], "")
        yield TaskDefinitionUse(task_set["taskDefinition"], f"{used_by}{state}")


class _Deployment(NamedTuple):
    """A service deployment. `revisions`: ARNs of its source, target and rollback revisions."""

    is_finished: bool
    revisions: Sequence[str]


class _Revision(NamedTuple):
    """A service revision. `images`: the digests that ECS resolved at deployment."""

    definition: str
    images: Sequence[tuple[str, str | None]]

    def findings(self, used_by: str) -> Iterator[ImageUse | TaskDefinitionUse]:
        """The task definition counts, too: a container with versionConsistency `disabled` has no
        digest."""
        yield TaskDefinitionUse(self.definition, used_by)
        for image, digest in self.images:
            yield ImageUse(image, used_by, digest)


class _ServiceHistory:
    """Reads service deployments and service revisions. Finished ones are read once."""

    def __init__(self, aws: AwsApi, open_cache: OpenDefinitionCache) -> None:
        self._aws = aws
        self._open_cache = open_cache
        self._place = aws.place_of("ecs")

    def deployments(self, arns: Sequence[str]) -> Mapping[str, _Deployment]:
        keys = {arn: DefinitionKey(self._place, arn) for arn in arns}
        read = read_once(self._open_cache, keys, self._read_deployments)
        return {
            arn: _Deployment(status in _FINISHED, revisions)
            for arn, (status, *revisions) in read.items()
        }

    def revisions(self, arns: Sequence[str], settled: Set[str]) -> Mapping[str, _Revision]:
        """`settled`: those whose deployment is finished. ECS resolves the digests of the others."""
        keys = {arn: DefinitionKey(self._place, arn) if arn in settled else None for arn in arns}
        read = read_once(self._open_cache, keys, self._read_revisions)
        return {
            arn: _Revision(
                definition, [(image, digest or None) for image, digest in _pairs(images)]
            )
            for arn, (definition, *images) in read.items()
        }

    def _read_deployments(self, arns: Sequence[str]) -> Iterator[tuple[str, Reading]]:
        for deployment in describe_all(self._aws, _DEPLOYMENTS, arns):
            status = deployment.get("status") or ""
            content = (status, *_revisions_of(deployment))
            yield deployment["serviceDeploymentArn"], Reading(content, status in _FINISHED)

    def _read_revisions(self, arns: Sequence[str]) -> Iterator[tuple[str, Reading]]:
        for revision in describe_all(self._aws, _REVISIONS, arns):
            uses = [
                use
                for container in revision.get("containerImages") or ()
                for use in container_image_uses(container, used_by="")
            ]
            images = [text for use in uses for text in (use.image, use.digest or "")]
            has_digests = bool(uses) and all(use.digest for use in uses)
            content = (revision["taskDefinition"], *images)
            yield revision["serviceRevisionArn"], Reading(content, has_digests)


def _revisions_of(deployment: AwsAnswer) -> Iterator[str]:
    for source in deployment.get("sourceServiceRevisions") or ():
        yield source["arn"]
    yield deployment["targetServiceRevision"]["arn"]
    rollback = deployment.get("rollback")
    if rollback and (arn := rollback.get("serviceRevisionArn")):
        yield arn


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(texts[::2], texts[1::2], strict=True)
