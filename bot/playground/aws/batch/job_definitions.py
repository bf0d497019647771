"""DescribeJobDefinitions."""

from collections.abc import Iterable
from typing import Any

from bot.playground.aws.batch.service import batch, invalid, pager, state
from bot.playground.aws.batch.state import JobDefinition
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer

_MAX_ENTRIES = 100
"""The maximum of named definitions and of the page size (documentation of the model)."""


@batch.operation("DescribeJobDefinitions")
def describe_job_definitions(params: Params, context: CallContext) -> Answer:
    """Definitions in every status, or in `status`. Unknown names are ignored."""
    _check_limits(params)
    listed = {
        f"{each.name}:{each.revision:09}": each
        for each in _named(params, context)
        if params.get("jobDefinitionName") in (None, each.name)
        and params.get("status") in (None, each.status)
    }
    keys, more = pager.page(ascending(sorted(listed)), params, context)
    return {"jobDefinitions": [_description(listed[key]) for key in keys]} | more


def _check_limits(params: Params) -> None:
    if not 1 <= params.get("maxResults", 1) <= _MAX_ENTRIES:
        raise invalid(f"maxResults must be between 1 and {_MAX_ENTRIES}.")
    if len(params.get("jobDefinitions", ())) > _MAX_ENTRIES:
        raise invalid(f"jobDefinitions can have at most {_MAX_ENTRIES} entries.")
    if "jobDefinitions" in params and len(params) > 1:
        raise invalid("jobDefinitions cannot be used with other parameters.")


def _named(params: Params, context: CallContext) -> Iterable[JobDefinition]:
    """The definitions with the given names (`name:revision`) or ARNs, or all."""
    definitions = state(context).definitions
    if "jobDefinitions" not in params:
        return definitions.values()
    prefix = state(context).location.arn("batch", "job-definition/")
    names = {each.removeprefix(prefix) for each in params["jobDefinitions"]}
    return [definitions[name] for name in names & definitions.keys()]


def _description(definition: JobDefinition) -> dict[str, Any]:
    nodes = definition.shape.get("nodeProperties", {}).get("nodeRangeProperties", [])
    on_eks = any("eksProperties" in part for part in (definition.shape, *nodes))
    return {
        "jobDefinitionName": definition.name,
        "jobDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": definition.status,
        "type": "multinode" if nodes else "container",
        "parameters": {},
        "containerOrchestrationType": "EKS" if on_eks else "ECS",
        **definition.shape,
    }
