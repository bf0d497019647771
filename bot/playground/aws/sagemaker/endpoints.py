"""ListEndpoints and DescribeEndpoint."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.sagemaker.service import arn_of, find_resource, list_page, sagemaker, state
from bot.playground.aws.sagemaker.state import DeployedImage, InferenceEndpoint, Variants
from bot.playground.aws.service import Answer


@sagemaker.operation("ListEndpoints")
def list_endpoints(params: Params, context: CallContext) -> Answer:
    endpoints, more = list_page(state(context).endpoints, params, context)
    return {"Endpoints": [_summary(endpoint) for endpoint in endpoints]} | more


@sagemaker.operation("DescribeEndpoint", resource=arn_of("endpoint", "EndpointName"))
def describe_endpoint(params: Params, context: CallContext) -> Answer:
    endpoint = find_resource(state(context).endpoints, "endpoint", params["EndpointName"], context)
    return {
        **_summary(endpoint),
        "EndpointConfigName": endpoint.name,
        "ProductionVariants": _variants(endpoint.production),
        "ShadowProductionVariants": _variants(endpoint.shadow),
        "PendingDeploymentSummary": _pending(endpoint),
    }


def _summary(endpoint: InferenceEndpoint) -> dict[str, Any]:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created_at,
        "LastModifiedTime": endpoint.created_at,
        "EndpointStatus": endpoint.status,
    }


def _pending(endpoint: InferenceEndpoint) -> dict[str, Any] | None:
    """Only during a deployment (model)."""
    if not endpoint.pending and not endpoint.pending_shadow:
        return None
    return {
        "EndpointConfigName": f"{endpoint.name}-next",
        "ProductionVariants": _variants(endpoint.pending),
        "ShadowProductionVariants": _variants(endpoint.pending_shadow),
    }


def _variants(variants: Variants) -> list[dict[str, Any]] | None:
    """A non-empty list, or None (model)."""
    entries = [
        {"VariantName": name, "DeployedImages": [deployed(image) for image in images] or None}
        for name, images in variants.items()
    ]
    return entries or None


def deployed(image: DeployedImage) -> dict[str, Any]:
    return {
        "SpecifiedImage": image.specified,
        "ResolvedImage": image.resolved,
        "ResolutionTime": image.at,
    }
