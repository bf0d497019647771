"""DescribeJobDefinitions."""

from collections.abc import Iterable
from typing import Any

from bot.playground.aws.batch.service import batch, invalid, pager, state
from bot.playground.aws.batch.state import JobDefinition
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer

_AT_ONCE = 100
"""As many definitions can be named and told at once (model, in words only)."""


@batch.operation("DescribeJobDefinitions")
def describe_job_definitions(params: Params, context: CallContext) -> Answer:
    """Definitions of every status unless one is asked for; what is missing is left out."""
    _refuse_too_much(params)
    listed = {
        f"{each.name}:{each.revision:09}": each
        for each in _named(params, context)
        if params.get("jobDefinitionName") in (None, each.name)
        and params.get("status") in (None, each.status)
    }
    keys, more = pager.page(ascending(sorted(listed)), params, context)
    return {"jobDefinitions": [_described(listed[key]) for key in keys]} | more


def _refuse_too_much(params: Params) -> None:
    if not 1 <= params.get("maxResults", 1) <= _AT_ONCE:
        raise invalid(f"maxResults must be between 1 and {_AT_ONCE}.")
    if len(params.get("jobDefinitions", ())) > _AT_ONCE:
        raise invalid(f"jobDefinitions can have at most {_AT_ONCE} entries.")
    if "jobDefinitions" in params and len(params) > 1:
        raise invalid("jobDefinitions cannot be used with other parameters.")


def _named(params: Params, context: CallContext) -> Iterable[JobDefinition]:
    """Those that are listed as `name:revision` or by ARN, or all."""
    definitions = state(context).definitions
    if "jobDefinitions" not in params:
        return definitions.values()
    prefix = state(context).place.arn("batch", "job-definition/")
    names = {each.removeprefix(prefix) for each in params["jobDefinitions"]}
    return [definitions[name] for name in names & definitions.keys()]


def _described(definition: JobDefinition) -> dict[str, Any]:
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
