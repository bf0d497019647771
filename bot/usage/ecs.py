"""Amazon ECS: the images of tasks, services, daemons, scheduled tasks and newest task
definitions."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.aws.errors import explain_errors
from bot.core.usage import ImageUse
from bot.ports import OpenDefinitionCache
from bot.usage.ecs_daemons import daemon_definition_image_uses, daemon_findings, is_of_daemon
from bot.usage.ecs_definitions import (
    PAGE,
    EcsDescribeCall,
    TaskDefinitions,
    TaskDefinitionUse,
    container_image_uses,
    describe_in_clusters,
    list_in_cluster,
    short_name,
)
from bot.usage.ecs_revisions import Revisions, active_revisions, newest_uses
from bot.usage.ecs_schedules import rule_findings, schedule_findings
from bot.usage.ecs_services import service_findings
from bot.usage.known_definitions import no_definition_cache

_TASKS = EcsDescribeCall("describe_tasks", parameter="tasks", result_key="tasks", limit=100)
"""Limit: API reference, DescribeTasks."""

_DESIRED = ("RUNNING", "STOPPED")
"""Values of desiredStatus. A pending task has RUNNING, and no task has PENDING (API reference,
ListTasks). RUNNING comes first, so that a task that stops between the two calls is listed."""

_SERVICE_GROUP = "service:"
_RUNS_NOTHING = frozenset({"PROVISIONING", "PENDING", "STOPPED"})
_STARTING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
"""Values of lastStatus: developer guide, task lifecycle."""


def task_findings(aws: AwsApi, clusters: Sequence[str]) -> Iterator[ImageUse | TaskDefinitionUse]:
    """Yields the images of tasks, and their digests once pulled. The digest of a multi-arch image
    is that of the index."""

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


def _findings(task: AwsAnswer) -> Iterator[ImageUse | TaskDefinitionUse]:
    """If a container names no image, the task definition counts too, since it may name an image of
    our registries."""
    used_by = f"{_workload(task)}{_state(task)}"
    for container in task["containers"]:
        yield from container_image_uses(container, used_by, _since(task))
        if not container.get("image"):
            yield TaskDefinitionUse(task["taskDefinitionArn"], used_by)


def _since(task: AwsAnswer) -> datetime | None:
    """The creation time of a task that runs containers, else None. A running container may have no
    imageDigest (API reference, Container)."""
    created_at: datetime | None = task.get("createdAt")
    return None if task["lastStatus"] in _RUNS_NOTHING else created_at


def _workload(task: AwsAnswer) -> str:
    cluster = short_name(task["clusterArn"])
    group = task.get("group") or ""
    if group.startswith(_SERVICE_GROUP):
        return f"ECS {cluster}/{group.removeprefix(_SERVICE_GROUP)}"
    return f"ECS task {short_name(task['taskDefinitionArn'])} on {cluster}"


def _state(task: AwsAnswer) -> str:
    if task["desiredStatus"] == "STOPPED":
        return " (stopped)"
    return " (starting)" if task["lastStatus"] in _STARTING else ""


class EcsSource:
    """ECS in one account and Region. `revisions`: how many of the newest revisions count, for every
    family of task definitions and daemon task definitions."""

    name = "ecs"

    def __init__(
        self,
        aws: AwsApi,
        revisions: int,
        open_cache: OpenDefinitionCache = no_definition_cache,
    ) -> None:
        self.scope = str(aws)
        self._aws = aws
        self._revisions = revisions
        self._open_cache = open_cache

    def image_uses(self) -> Iterator[ImageUse]:
        """Yields images that ECS names directly, then the images of all task definitions in use."""
        with explain_errors("Reading ECS", self.scope, is_call=False):
            listed = self._listed()
            yield from (each for each in listed.workloads if isinstance(each, ImageUse))
            named = [each for each in listed.workloads if isinstance(each, TaskDefinitionUse)]
            named += newest_uses(listed.active, self._revisions)
            of_daemons = [use for use in named if is_of_daemon(use)]
            others = [use for use in named if not is_of_daemon(use)]
            definitions = TaskDefinitions(self._aws, self._open_cache)
            yield from definitions.image_uses(others, listed.scheduled, listed.active)
            yield from daemon_definition_image_uses(self._aws, self._open_cache, of_daemons)

    def _listed(self) -> "_Listed":
        """Reads independent parts side by side."""
        aws = self._aws
        clusters = list(aws.pages("ecs", "list_clusters", "clusterArns", maxResults=PAGE))
        with ThreadPoolExecutor() as pool:
            workloads = pool.submit(self._workloads, clusters)
            scheduled = pool.submit(lambda: [*rule_findings(aws), *schedule_findings(aws)])
            active = pool.submit(active_revisions, aws, self._revisions)
            return _Listed(workloads.result(), scheduled.result(), active.result())

    def _workloads(self, clusters: Sequence[str]) -> list[ImageUse | TaskDefinitionUse]:
        """Lists tasks before services, so that a task that starts in between is covered by its
        service."""
        tasks = list(task_findings(self._aws, clusters))
        services = list(service_findings(self._aws, self._open_cache, clusters))
        return [*tasks, *services, *daemon_findings(self._aws, clusters, self._revisions)]


class _Listed(NamedTuple):
    """`scheduled`: what rules and schedules name."""

    workloads: Sequence[ImageUse | TaskDefinitionUse]
    scheduled: Sequence[TaskDefinitionUse]
    active: Revisions
