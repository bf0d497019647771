"""ListInferenceComponents and DescribeInferenceComponent."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.sagemaker.endpoints import deployed
from bot.playground.aws.sagemaker.service import arn_of, find_resource, list_page, sagemaker, state
from bot.playground.aws.sagemaker.state import ComponentSpecification, InferenceComponent
from bot.playground.aws.service import Answer

_KIND = "inference-component"


@sagemaker.operation("ListInferenceComponents")
def list_inference_components(params: Params, context: CallContext) -> Answer:
    components, more = list_page(state(context).components, params, context)
    return {"InferenceComponents": [_summary(component) for component in components]} | more


@sagemaker.operation("DescribeInferenceComponent", resource=arn_of(_KIND, "InferenceComponentName"))
def describe_inference_component(params: Params, context: CallContext) -> Answer:
    """One specification is a member, several are a list (model)."""
    name = params["InferenceComponentName"]
    component = find_resource(state(context).components, _KIND, name, context)
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


def _summary(component: InferenceComponent) -> dict[str, Any]:
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


def _specification(specification: ComponentSpecification) -> dict[str, Any]:
    image = specification.image
    return {
        "InstanceType": specification.instance_type,
        "ModelName": specification.model,
        "BaseInferenceComponentName": specification.base,
        "Container": {"DeployedImage": deployed(image)} if image else None,
    }
