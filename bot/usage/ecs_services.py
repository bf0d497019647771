"""What ECS's services run and would start: also those scaled to zero, what is being replaced, and
what a rollback would go back to."""

from collections.abc import Iterator, Mapping, Sequence

from bot.aws.place import Answer, AwsPlace
from bot.core.usage import Sighting
from bot.usage.ecs_containers import container_sightings
from bot.usage.ecs_describing import (
    Describing,
    describe_all,
    describe_in_clusters,
    list_in_cluster,
    short_name,
)
from bot.usage.ecs_task_definitions import DefinitionUse

_SERVICES = Describing("describe_services", asked="services", told="services", at_once=10)
"""API reference, DescribeServices: up to 10."""

_DEPLOYMENTS = Describing(
    "describe_service_deployments",
    asked="serviceDeploymentArns",
    told="serviceDeployments",
    at_once=20,
)
_REVISIONS = Describing(
    "describe_service_revisions",
    asked="serviceRevisionArns",
    told="serviceRevisions",
    at_once=20,
)
"""API reference: up to 20. Both answer MISSING for what is older than October 25, 2024."""

_DEPLOYMENT_STATES = {"PRIMARY": "", "ACTIVE": " (draining)", "INACTIVE": " (replaced)"}
"""API reference, Deployment, status. ACTIVE is being replaced, but still has running tasks."""

_TASK_SET_STATES = {"PRIMARY": "", "ACTIVE": " (second task set)", "DRAINING": " (draining)"}
"""API reference, TaskSet, status. ACTIVE serves no production traffic."""


def service_findings(
    place: AwsPlace, clusters: Sequence[str]
) -> Iterator[Sighting | DefinitionUse]:
    def listed(cluster: str) -> Sequence[str]:
        return list(list_in_cluster(place, "list_services", "serviceArns", cluster))

    revisions: dict[str, str] = {}
    deployments: dict[str, str] = {}
    for service in describe_in_clusters(place, _SERVICES, clusters, listed):
        used_by = f"ECS {short_name(service['clusterArn'])}/{service['serviceName']}"
        yield from _definitions(service, used_by)
        for revision in service.get("currentServiceRevisions") or ():
            revisions[revision["arn"]] = used_by
        if deployment := service.get("currentServiceDeployment"):
            deployments[deployment] = used_by
    for arn, used_by in _rollback_targets(place, deployments):
        revisions.setdefault(arn, f"{used_by} (to roll back to)")
    yield from _revision_findings(place, revisions)


def _definitions(service: Answer, used_by: str) -> Iterator[DefinitionUse]:
    """With deployment controllers CODE_DEPLOY and EXTERNAL a service has task sets instead of
    deployments, and with EXTERNAL no task definition of its own."""
    if definition := service.get("taskDefinition"):
        yield DefinitionUse(definition, used_by)
    for deployment in service["deployments"]:
        state = _DEPLOYMENT_STATES.get(deployment["status"], "")
        yield DefinitionUse(deployment["taskDefinition"], f"{used_by}{state}")
    for task_set in service.get("taskSets") or ():
        state = _TASK_SET_STATES.get(task_set["status"], "")
        yield DefinitionUse(task_set["taskDefinition"], f"{used_by}{state}")


def _rollback_targets(place: AwsPlace, deployments: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Revisions that each deployment came from, leads to, or went back to."""
    for deployment in describe_all(place, _DEPLOYMENTS, list(deployments)):
        used_by = deployments[deployment["serviceDeploymentArn"]]
        for source in deployment.get("sourceServiceRevisions") or ():
            yield source["arn"], used_by
        yield deployment["targetServiceRevision"]["arn"], used_by
        rollback = deployment.get("rollback")
        if rollback and (arn := rollback.get("serviceRevisionArn")):
            yield arn, used_by


def _revision_findings(
    place: AwsPlace, revisions: Mapping[str, str]
) -> Iterator[Sighting | DefinitionUse]:
    """The digests that ECS resolved at deployment. A container with versionConsistency `disabled`
    has none, so that the task definition counts as well."""
    for revision in describe_all(place, _REVISIONS, list(revisions)):
        used_by = revisions[revision["serviceRevisionArn"]]
        yield DefinitionUse(revision["taskDefinition"], used_by)
        for container in revision.get("containerImages") or ():
            yield from container_sightings(container, used_by)
