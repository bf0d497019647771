"""What ECS's tasks run: those that run, those that start, and those that stopped recently."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.aws.place import Answer, AwsPlace
from bot.core.usage import Sighting
from bot.usage.ecs_containers import container_sightings
from bot.usage.ecs_describing import (
    Describing,
    describe_in_clusters,
    list_in_cluster,
    short_name,
)
from bot.usage.ecs_task_definitions import DefinitionUse

_TASKS = Describing("describe_tasks", asked="tasks", told="tasks", at_once=100)
"""API reference, DescribeTasks: up to 100."""

_DESIRED = ("RUNNING", "STOPPED")
"""Tasks that are pending are desired to be RUNNING; none is desired to be PENDING (API reference,
ListTasks, desiredStatus). In this order no task slips through by stopping between the two."""

_OF_SERVICE = "service:"
_RUNS_NOTHING = frozenset({"PROVISIONING", "PENDING", "STOPPED"})
_STARTING = frozenset({"PROVISIONING", "PENDING", "ACTIVATING"})
"""Developer guide, task lifecycle."""


def task_findings(place: AwsPlace, clusters: Sequence[str]) -> Iterator[Sighting | DefinitionUse]:
    """By image and, once it is pulled, by digest: for a multi-arch image the index's."""

    def listed(cluster: str) -> Sequence[str]:
        arns = (
            arn
            for desired in _DESIRED
            for arn in list_in_cluster(
                place, "list_tasks", "taskArns", cluster, desiredStatus=desired
            )
        )
        return list(dict.fromkeys(arns))

    for task in describe_in_clusters(place, _TASKS, clusters, listed):
        yield from _findings(task)


def _findings(task: Answer) -> Iterator[Sighting | DefinitionUse]:
    """Lest one of ours should be among the containers that name no image, the task definition
    counts then as well."""
    used_by = f"{_workload(task)}{_state(task)}"
    for container in task["containers"]:
        yield from container_sightings(container, used_by, _since(task))
        if not container.get("image"):
            yield DefinitionUse(task["taskDefinitionArn"], used_by)


def _since(task: Answer) -> datetime | None:
    """When a task was made whose containers run: that they have an imageDigest then is not promised
    (API reference, Container)."""
    made_at: datetime | None = task.get("createdAt")
    return None if task["lastStatus"] in _RUNS_NOTHING else made_at


def _workload(task: Answer) -> str:
    cluster = short_name(task["clusterArn"])
    group = task.get("group") or ""
    if group.startswith(_OF_SERVICE):
        return f"ECS {cluster}/{group.removeprefix(_OF_SERVICE)}"
    return f"ECS task {short_name(task['taskDefinitionArn'])} on {cluster}"


def _state(task: Answer) -> str:
    if task["desiredStatus"] == "STOPPED":
        return " (stopped)"
    return " (starting)" if task["lastStatus"] in _STARTING else ""
