"""Amazon ECS: what tasks and services run or would start, and what starts tasks on a schedule."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.aws.errors import explain_errors
from bot.core.usage import Sighting
from bot.usage.ecs_daemons import daemon_definition_sightings, daemon_findings, is_of_daemon
from bot.usage.ecs_definitions import (
    PAGE,
    DescribeCall,
    TaskDefinitionUse,
    container_sightings,
    definition_sightings,
    describe_all,
    describe_in_clusters,
    list_in_cluster,
    newest_definitions,
    short_name,
)
from bot.usage.ecs_schedules import rule_findings, schedule_findings

_TASKS = DescribeCall("describe_tasks", parameter="tasks", result_key="tasks", limit=100)
"""API reference, DescribeTasks: up to 100."""

_DESIRED = ("RUNNING", "STOPPED")
"""Tasks that are pending are desired to be RUNNING; none is desired to be PENDING (API reference,
ListTasks, desiredStatus). In this order no task slips through by stopping between the two."""

_OF_SERVICE = "service:"
_RUNS_NOTHING = frozenset({"PROVISIONING", "PENDING", "STOPPED"})
_STARTING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
"""Developer guide, task lifecycle."""

_SERVICES = DescribeCall("describe_services", parameter="services", result_key="services", limit=10)
"""API reference, DescribeServices: up to 10."""

_DEPLOYMENTS = DescribeCall(
    "describe_service_deployments",
    parameter="serviceDeploymentArns",
    result_key="serviceDeployments",
    limit=20,
)

_REVISIONS = DescribeCall(
    "describe_service_revisions",
    parameter="serviceRevisionArns",
    result_key="serviceRevisions",
    limit=20,
)
"""API reference: up to 20. Both answer MISSING for what is older than October 25, 2024."""

_DEPLOYMENT_STATES = {"PRIMARY": "", "ACTIVE": " (draining)", "INACTIVE": " (replaced)"}
"""API reference, Deployment, status. ACTIVE is being replaced, but still has running tasks."""

_TASK_SET_STATES = {"PRIMARY": "", "ACTIVE": " (second task set)", "DRAINING": " (draining)"}
"""API reference, TaskSet, status. ACTIVE serves no production traffic."""


def task_findings(aws: AwsApi, clusters: Sequence[str]) -> Iterator[Sighting | TaskDefinitionUse]:
    """By image and, once it is pulled, by digest: for a multi-arch image the index's."""

    def listed(cluster: str) -> Sequence[str]:
        arns = (
            arn
            for desired in _DESIRED
            for arn in list_in_cluster(
                aws, "list_tasks", "taskArns", cluster, desiredStatus=desired
            )
        )
        return list(dict.fromkeys(arns))

    for task in describe_in_clusters(aws, _TASKS, clusters, listed):
        yield from _findings(task)


def _findings(task: AwsAnswer) -> Iterator[Sighting | TaskDefinitionUse]:
    """Lest one of ours should be among the containers that name no image, the task definition
    counts then as well."""
    used_by = f"{_workload(task)}{_state(task)}"
    for container in task["containers"]:
        yield from container_sightings(container, used_by, _since(task))
        if not container.get("image"):
            yield TaskDefinitionUse(task["taskDefinitionArn"], used_by)


def _since(task: AwsAnswer) -> datetime | None:
    """When a task was made whose containers run: that they have an imageDigest then is not promised
    (API reference, Container)."""
    made_at: datetime | None = task.get("createdAt")
    return None if task["lastStatus"] in _RUNS_NOTHING else made_at


def _workload(task: AwsAnswer) -> str:
    cluster = short_name(task["clusterArn"])
    group = task.get("group") or ""
    if group.startswith(_OF_SERVICE):
        return f"ECS {cluster}/{group.removeprefix(_OF_SERVICE)}"
    return f"ECS task {short_name(task['taskDefinitionArn'])} on {cluster}"


def _state(task: AwsAnswer) -> str:
    if task["desiredStatus"] == "STOPPED":
        return " (stopped)"
    return " (starting)" if task["lastStatus"] in _STARTING else ""


def service_findings(
    aws: AwsApi, clusters: Sequence[str]
) -> Iterator[Sighting | TaskDefinitionUse]:
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
    for arn, used_by in _rollback_targets(aws, deployments):
        revisions.setdefault(arn, f"{used_by} (to roll back to)")
    yield from _revision_findings(aws, revisions)


def _definitions(service: AwsAnswer, used_by: str) -> Iterator[TaskDefinitionUse]:
    """With deployment controllers CODE_DEPLOY and EXTERNAL a service has task sets instead of
    deployments, and with EXTERNAL no task definition of its own."""
    if definition := service.get("taskDefinition"):
        yield TaskDefinitionUse(definition, used_by)
    for deployment in service["deployments"]:
        state = _DEPLOYMENT_STATES.get(deployment["status"], "")
        yield TaskDefinitionUse(deployment["taskDefinition"], f"{used_by}{state}")
    for task_set in service.get("taskSets") or ():
        state = _TASK_SET_STATES.get(task_set["status"], "")
        yield TaskDefinitionUse(task_set["taskDefinition"], f"{used_by}{state}")


def _rollback_targets(aws: AwsApi, deployments: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Revisions that each deployment came from, leads to, or went back to."""
    for deployment in describe_all(aws, _DEPLOYMENTS, list(deployments)):
        used_by = deployments[deployment["serviceDeploymentArn"]]
        for source in deployment.get("sourceServiceRevisions") or ():
            yield source["arn"], used_by
        yield deployment["targetServiceRevision"]["arn"], used_by
        rollback = deployment.get("rollback")
        if rollback and (arn := rollback.get("serviceRevisionArn")):
            yield arn, used_by


def _revision_findings(
    aws: AwsApi, revisions: Mapping[str, str]
) -> Iterator[Sighting | TaskDefinitionUse]:
    """The digests that ECS resolved at deployment. A container with versionConsistency `disabled`
    has none, so that the task definition counts as well."""
    for revision in describe_all(aws, _REVISIONS, list(revisions)):
        used_by = revisions[revision["serviceRevisionArn"]]
        yield TaskDefinitionUse(revision["taskDefinition"], used_by)
        for container in revision.get("containerImages") or ():
            yield from container_sightings(container, used_by)


class EcsSource:
    """ECS of one account in one Region. `revisions`: how many of the newest ones of every family
    of task definitions and of daemon task definitions count."""

    name = "ecs"

    def __init__(self, aws: AwsApi, revisions: int) -> None:
        self.scope = str(aws)
        self._aws = aws
        self._revisions = revisions

    def sightings(self) -> Iterator[Sighting]:
        """Images that ECS names itself, and then those of every task definition that is named by
        anything."""
        named: list[TaskDefinitionUse] = []
        with explain_errors("Reading ECS", self.scope, is_call=False):
            for finding in self._findings():
                if isinstance(finding, TaskDefinitionUse):
                    named.append(finding)
                else:
                    yield finding
            of_daemons = [use for use in named if is_of_daemon(use)]
            others = [use for use in named if not is_of_daemon(use)]
            yield from definition_sightings(self._aws, others)
            yield from daemon_definition_sightings(self._aws, of_daemons)

    def _findings(self) -> Iterator[Sighting | TaskDefinitionUse]:
        """Tasks before services: one that starts meanwhile is told of by its service."""
        clusters = list(self._aws.pages("ecs", "list_clusters", "clusterArns", maxResults=PAGE))
        yield from task_findings(self._aws, clusters)
        yield from service_findings(self._aws, clusters)
        yield from daemon_findings(self._aws, clusters, self._revisions)
        yield from rule_findings(self._aws)
        yield from schedule_findings(self._aws)
        yield from newest_definitions(self._aws, self._revisions)
