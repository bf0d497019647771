"""ListModels and DescribeModel."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.sagemaker.service import arn_of, find_resource, list_page, sagemaker, state
from bot.playground.aws.sagemaker.state import SageMakerModel
from bot.playground.aws.service import Answer


@sagemaker.operation("ListModels")
def list_models(params: Params, context: CallContext) -> Answer:
    models, more = list_page(state(context).models, params, context)
    return {"Models": [_summary(model) for model in models]} | more


@sagemaker.operation("DescribeModel", resource=arn_of("model", "ModelName"))
def describe_model(params: Params, context: CallContext) -> Answer:
    model = find_resource(state(context).models, "model", params["ModelName"], context)
    return {
        **_summary(model),
        **_containers(model),
        "ExecutionRoleArn": model.role_arn,
        "EnableNetworkIsolation": False,
    }


def _summary(model: SageMakerModel) -> dict[str, Any]:
    return {
        "ModelName": model.name,
        "ModelArn": model.arn,
        "CreationTime": model.created_at,
    }


def _containers(model: SageMakerModel) -> dict[str, Any]:
    if model.package:
        return {"PrimaryContainer": {"ModelPackageName": model.package}}
    containers = [{"Image": image, "Mode": "SingleModel"} for image in model.images]
    return (
        {"Containers": containers} if len(containers) > 1 else {"PrimaryContainer": containers[0]}
    )
