"""ListTaskDefinitionFamilies, ListTaskDefinitions and DescribeTaskDefinition."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.entities import ContainerDefinition, TaskDefinition
from bot.playground.aws.ecs.service import ecs, page_size, pager, state
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import ascending, descending
from bot.playground.aws.service import Answer, RenderedAnswer


@ecs.operation("ListTaskDefinitionFamilies")
def list_task_definition_families(params: Params, context: CallContext) -> Answer:
    """`familyPrefix` is a prefix. Families without an ACTIVE revision are INACTIVE."""
    status = params.get("status", "ALL")
    listed = sorted(
        family
        for family, revisions in state(context).families.items()
        if family.startswith(params.get("familyPrefix", ""))
        and status in ("ALL", _family_status(revisions))
    )
    names, more = pager.page(ascending(listed), params, context, page_size(params))
    return {"families": names} | more


def _family_status(revisions: list[TaskDefinition]) -> str:
    return "ACTIVE" if any(each.status == "ACTIVE" for each in revisions) else "INACTIVE"


@ecs.operation("ListTaskDefinitions")
def list_task_definitions(params: Params, context: CallContext) -> Answer:
    """`familyPrefix` is the full name of a family (model).

    INACTIVE definitions are listed forever, as in one part of the model; another part limits this
    to referenced ones.
    """
    family, status = params.get("familyPrefix"), params.get("status", "ACTIVE")
    listed = {
        f"{each.family} {each.revision:09}": each
        for name, revisions in state(context).families.items()
        if family in (None, name)
        for each in revisions
        if each.status == status
    }
    order = descending if params.get("sort") == "DESC" else ascending
    keys, more = pager.page(order(sorted(listed)), params, context, page_size(params))
    return {"taskDefinitionArns": [listed[key].arn for key in keys]} | more


@ecs.operation("DescribeTaskDefinition")
def describe_task_definition(params: Params, context: CallContext) -> Answer:
    """A family names its latest ACTIVE revision. `family:revision` may be INACTIVE."""
    prefix = state(context).location.arn("ecs", "task-definition/")
    try:
        definition = state(context).definition(params["taskDefinition"].removeprefix(prefix))
    except KeyError:
        raise AwsError("ClientException", "Unable to describe task definition.") from None
    return RenderedAnswer({"taskDefinition": described(definition), "tags": []})


@cached_entry(ecs, "TaskDefinition")
def described(definition: TaskDefinition) -> dict[str, Any]:
    return {
        "taskDefinitionArn": definition.arn,
        "family": definition.family,
        "revision": definition.revision,
        "status": definition.status,
        "containerDefinitions": [_container(each) for each in definition.containers],
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "compatibilities": ["EC2", "FARGATE"],
        "cpu": "256",
        "memory": "512",
        "volumes": [],
        "placementConstraints": [],
        "registeredAt": definition.registered_at,
        "deregisteredAt": definition.deregistered_at,
    }


def _container(container: ContainerDefinition) -> dict[str, Any]:
    return {
        "name": container.name,
        "image": container.image,
        "cpu": 0,
        "essential": True,
        "versionConsistency": None if container.consistent else "disabled",
        "portMappings": [],
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }
