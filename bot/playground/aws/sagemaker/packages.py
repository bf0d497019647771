"""DescribeModelPackage."""

from collections.abc import Iterable
from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.sagemaker.service import sagemaker, state, the, thing_named
from bot.playground.aws.sagemaker.state import PackagedImage
from bot.playground.aws.service import Answer

_KIND = "model-package"


@sagemaker.operation("DescribeModelPackage", resource=the(_KIND, "ModelPackageName"))
def describe_model_package(params: Params, context: Context) -> Answer:
    name = params["ModelPackageName"]
    package = thing_named(state(context).packages, _KIND, name, context)
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
