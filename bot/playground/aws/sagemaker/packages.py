"""DescribeModelPackage."""

from collections.abc import Iterable
from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.sagemaker.service import arn_of, find_resource, sagemaker, state
from bot.playground.aws.sagemaker.state import PackagedImage
from bot.playground.aws.service import Answer

_KIND = "model-package"


@sagemaker.operation("DescribeModelPackage", resource=arn_of(_KIND, "ModelPackageName"))
def describe_model_package(params: Params, context: CallContext) -> Answer:
    name = params["ModelPackageName"]
    package = find_resource(state(context).packages, _KIND, name, context)
    additional = [
        {"Name": each, "Containers": _containers(images)}
        for each, images in package.additional.items()
    ]
    return {
        "ModelPackageName": package.name,
        "ModelPackageArn": package.arn,
        "CreationTime": package.created_at,
        "InferenceSpecification": {"Containers": _containers(package.images)},
        "AdditionalInferenceSpecifications": additional or None,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
    }


def _containers(images: Iterable[PackagedImage]) -> list[dict[str, Any]]:
    return [{"Image": each.image, "ImageDigest": each.digest} for each in images]
