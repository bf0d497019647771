"""ListServices and DescribeServices."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.entities import EcsService, ServiceDeployment, TaskDefinition, TaskSet
from bot.playground.aws.ecs.service import (
    arn_within,
    check_list_length,
    cluster_of,
    each_of,
    ecs,
    missing,
    name_within,
    page_size,
    pager,
)
from bot.playground.aws.ecs.service_deployments import REVISIONS_SINCE
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, RenderedAnswer


@ecs.operation("ListServices")
def list_services(params: Params, context: CallContext) -> Answer:
    """10 per page by default, at most 100 (model). Deleted services are not listed."""
    cluster = cluster_of(params, context)
    listed = sorted(name for name, each in cluster.services.items() if _matches(each, params))
    names, more = pager.page(
        ascending(listed),
        params,
        context,
        page_size(params, default=10),
    )
    return {"serviceArns": [cluster.services[name].arn for name in names]} | more


def _matches(service: EcsService, params: Params) -> bool:
    return (
        service.status == "ACTIVE"
        and params.get("launchType") in (None, service.launch_type)
        and params.get("schedulingStrategy") in (None, "REPLICA")
        and params.get("resourceManagementType") in (None, "CUSTOMER")
    )


@ecs.operation("DescribeServices", resource=each_of("service", "services"))
def describe_services(params: Params, context: CallContext) -> Answer:
    """Describes services in any status (guide: a deleted one is DRAINING or INACTIVE)."""
    cluster = cluster_of(params, context)
    check_list_length(params["services"], 10, "Services", "service names")
    found, not_found = [], []
    for identifier in params["services"]:
        service = cluster.services.get(name_within(cluster, identifier))
        if service is not None:
            found.append(described(service))
        else:
            not_found.append(arn_within("service", params, context, identifier))
    return RenderedAnswer({"services": found, "failures": missing(not_found)})


@cached_entry(ecs, "Service")
def described(service: EcsService) -> dict[str, Any]:
    """The controller ECS has deployments and revisions, the others have task sets."""
    definition = _definition(service)
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": service.cluster_arn,
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": sum(each.running for each in service.deployments)
        + sum(each.desired for each in service.task_sets),
        "pendingCount": 0,
        "launchType": service.launch_type,
        "taskDefinition": definition.arn if definition else None,
        "deployments": [_deployment(service, each) for each in service.deployments],
        "taskSets": [_task_set(service, each) for each in service.task_sets],
        **_current(service),
        "deploymentController": {"type": service.controller},
        "schedulingStrategy": "REPLICA",
        "events": [],
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "createdAt": service.created_at,
    }


def _definition(service: EcsService) -> TaskDefinition | None:
    """With an external controller, only task sets have definitions."""
    if service.controller == "EXTERNAL":
        return None
    if service.controller == "CODE_DEPLOY":
        return next(each.definition for each in service.task_sets if each.status == "PRIMARY")
    return service.primary.revision.definition


def _current(service: EcsService) -> dict[str, Any]:
    revisions = [each for each in service.deployments if each.created_at >= REVISIONS_SINCE]
    if not revisions:
        return {}
    return {
        "currentServiceDeployment": revisions[0].arn,
        "currentServiceRevisions": [
            {
                "arn": each.revision.arn,
                "requestedTaskCount": each.desired,
                "runningTaskCount": each.running,
                "pendingTaskCount": 0,
            }
            for each in revisions
        ],
    }


def _deployment(service: EcsService, deployment: ServiceDeployment) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.revision.definition.arn,
        "desiredCount": deployment.desired if deployment.status == "PRIMARY" else 0,
        "pendingCount": 0,
        "runningCount": deployment.running,
        "failedTasks": 0,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "launchType": service.launch_type,
        "rolloutState": deployment.rollout,
        "rolloutStateReason": f"ECS deployment {deployment.id}",
    }


def _task_set(service: EcsService, task_set: TaskSet) -> dict[str, Any]:
    return {
        "id": task_set.id,
        "taskSetArn": task_set.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "status": task_set.status,
        "taskDefinition": task_set.definition.arn,
        "computedDesiredCount": task_set.desired,
        "pendingCount": 0,
        "runningCount": task_set.desired,
        "createdAt": task_set.created_at,
        "updatedAt": task_set.created_at,
        "launchType": service.launch_type,
        "stabilityStatus": "STEADY_STATE",
        "scale": {"value": 100.0, "unit": "PERCENT"},
    }
