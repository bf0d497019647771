"""ListModels and DescribeModel."""

from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.sagemaker.service import page_of, sagemaker, state, the, thing_named
from bot.playground.aws.sagemaker.state import Model
from bot.playground.aws.service import Answer


@sagemaker.operation("ListModels")
def list_models(params: Params, context: Context) -> Answer:
    models, more = page_of(state(context).models, params, context)
    return {"Models": [_summary(model) for model in models]} | more


@sagemaker.operation("DescribeModel", resource=the("model", "ModelName"))
def describe_model(params: Params, context: Context) -> Answer:
    model = thing_named(state(context).models, "model", params["ModelName"], context)
    return {
        **_summary(model),
        **_containers(model),
        "ExecutionRoleArn": model.role_arn,
        "EnableNetworkIsolation": False,
    }


def _summary(model: Model) -> dict[str, Any]:
    return {
        "ModelName": model.name,
        "ModelArn": model.arn,
        "CreationTime": model.created_at,
    }


def _containers(model: Model) -> dict[str, Any]:
    if model.package:
        return {"PrimaryContainer": {"ModelPackageName": model.package}}
    containers = [{"Image": image, "Mode": "SingleModel"} for image in model.images]
    return (
        {"Containers": containers} if len(containers) > 1 else {"PrimaryContainer": containers[0]}
    )
