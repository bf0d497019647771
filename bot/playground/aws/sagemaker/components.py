"""ListInferenceComponents and DescribeInferenceComponent."""

from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.sagemaker.endpoints import deployed
from bot.playground.aws.sagemaker.service import page_of, sagemaker, state, the, thing_named
from bot.playground.aws.sagemaker.state import Component, Specification
from bot.playground.aws.service import Answer

_KIND = "inference-component"


@sagemaker.operation("ListInferenceComponents")
def list_inference_components(params: Params, context: Context) -> Answer:
    components, more = page_of(state(context).components, params, context)
    return {"InferenceComponents": [_summary(component) for component in components]} | more


@sagemaker.operation("DescribeInferenceComponent", resource=the(_KIND, "InferenceComponentName"))
def describe_inference_component(params: Params, context: Context) -> Answer:
    """One specification is told alone, several in a list (model)."""
    name = params["InferenceComponentName"]
    component = thing_named(state(context).components, _KIND, name, context)
    specifications = [_specification(each) for each in component.specifications]
    return {
        **_summary(component),
        **(
            {"Specifications": specifications}
            if len(specifications) > 1
            else {"Specification": specifications[0]}
        ),
        "RuntimeConfig": {"DesiredCopyCount": 1, "CurrentCopyCount": 1},
    }


def _summary(component: Component) -> dict[str, Any]:
    return {
        "InferenceComponentName": component.name,
        "InferenceComponentArn": component.arn,
        "EndpointName": component.endpoint,
        "EndpointArn": component.endpoint_arn,
        "VariantName": component.variant,
        "CreationTime": component.created_at,
        "LastModifiedTime": component.created_at,
        "InferenceComponentStatus": component.status,
    }


def _specification(specification: Specification) -> dict[str, Any]:
    image = specification.image
    return {
        "InstanceType": specification.instance_type,
        "ModelName": specification.model,
        "BaseInferenceComponentName": specification.base,
        "Container": {"DeployedImage": deployed(image)} if image else None,
    }
