"""ListTasks and DescribeTasks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.entities import EcsCluster, EcsTask, TaskContainer
from bot.playground.aws.ecs.service import (
    arn_within,
    check_list_length,
    cluster_of,
    each_of,
    ecs,
    invalid,
    missing,
    name_within,
    page_size,
    pager,
    service_named,
)
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, RenderedAnswer

SHOWN_AFTER_STOP = timedelta(hours=1)
"""How long stopped tasks are shown: at least one hour (model), here exactly."""

_OTHER_FILTERS = (
    "containerInstance",
    "daemonName",
    "desiredStatus",
    "family",
    "launchType",
    "serviceName",
)


@ecs.operation("ListTasks")
def list_tasks(params: Params, context: CallContext) -> Answer:
    """Lists by desired status, by default RUNNING.

    The desired status of a task that pulls its image is RUNNING, of a stopping task STOPPED, and
    never PENDING (model). The permission is checked for `*`, without a container instance
    (construct-hub#1207).
    """
    cluster = cluster_of(params, context)
    matches = _filter(params, cluster)
    listed = sorted(
        id_ for id_, task in cluster.tasks.items() if matches(task) and _is_shown(task, context)
    )
    ids, more = pager.page(ascending(listed), params, context, page_size(params))
    return {"taskArns": [cluster.tasks[id_].arn for id_ in ids]} | more


def _filter(params: Params, cluster: EcsCluster) -> Callable[[EcsTask], bool]:
    if "startedBy" in params and any(name in params for name in _OTHER_FILTERS):
        invalid("startedBy must be the only filter.")
    status = params.get("desiredStatus", "RUNNING")
    group = _group(params, cluster)
    has_no_tasks = "containerInstance" in params or "daemonName" in params

    def matches(task: EcsTask) -> bool:
        return (
            not has_no_tasks
            and task.desired_status == status
            and group in (None, task.group)
            and params.get("family") in (None, task.definition.family)
            and params.get("startedBy") in (None, task.started_by)
            and params.get("launchType") in (None, task.launch_type)
        )

    return matches


def _group(params: Params, cluster: EcsCluster) -> str | None:
    if "serviceName" not in params:
        return None
    return service_named(cluster, params["serviceName"]).group


def _is_shown(task: EcsTask, context: CallContext) -> bool:
    return task.stopped_at is None or context.now - task.stopped_at <= SHOWN_AFTER_STOP


@ecs.operation("DescribeTasks", resource=each_of("task", "tasks"))
def describe_tasks(params: Params, context: CallContext) -> Answer:
    cluster = cluster_of(params, context)
    check_list_length(params["tasks"], 100, "Tasks", "taskIds")
    found, not_found = [], []
    for identifier in params["tasks"]:
        task = cluster.tasks.get(name_within(cluster, identifier))
        if task is not None and _is_shown(task, context):
            found.append(described(task))
        else:
            not_found.append(arn_within("task", params, context, identifier))
    return RenderedAnswer({"tasks": found, "failures": missing(not_found)})


@cached_entry(ecs, "Task")
def described(task: EcsTask) -> dict[str, Any]:
    return {
        "taskArn": task.arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.definition.arn,
        "containers": [_container(task, each) for each in task.containers],
        "group": task.group,
        "startedBy": task.started_by,
        "launchType": task.launch_type,
        "desiredStatus": task.desired_status,
        "lastStatus": task.last_status,
        "connectivity": "CONNECTED",
        "healthStatus": "UNKNOWN",
        "cpu": "256",
        "memory": "512",
        "createdAt": task.created_at,
        "startedAt": task.created_at if task.started else None,
        "stoppedAt": task.stopped_at,
        "stoppedReason": "Stopped" if task.stopped_at else None,
        "attachments": [],
        "overrides": {"containerOverrides": [{"name": each.name} for each in task.containers]},
        "tags": [],
        "version": 1,
    }


def _container(task: EcsTask, container: TaskContainer) -> dict[str, Any]:
    """For a multi-arch image, `imageDigest` is the digest of the index."""
    path = task.arn.split(":", 5)[5].removeprefix("task/")
    return {
        "containerArn": f"{task.arn.rsplit(':', 1)[0]}:container/{path}/{container.id}",
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "imageDigest": container.digest if task.started else None,
        "lastStatus": task.last_status,
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
    }
