"""Amazon SageMaker: the images of endpoints, inference components and models."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import ImageUse
from bot.usage.aws_service import AwsServiceSource, image_uses_of_each

_PAGE = 100
"""Largest page of SageMaker: API reference, ListModels and other List… calls, MaxResults."""

_ENDPOINT_NOT_FOUND = error_with("ValidationException", message='Could not find endpoint "')
_COMPONENT_NOT_FOUND = error_with(
    "ValidationException", message='Could not find inference component "'
)
_MODEL_NOT_FOUND = error_with("ValidationException", message='Could not find model "')
"""The resource was deleted after it was listed (observed). SageMaker uses one code for all invalid
requests, and similar messages for other missing resources, such as a model package."""

_WITHOUT_VARIANTS = frozenset({"Creating", "Deleting", "Failed", "OutOfService"})
"""Statuses of endpoints that may have no variants (API reference, EndpointStatus)."""


def sagemaker_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("sagemaker", "SageMaker", "sagemaker", sagemaker_image_uses, aws)


def sagemaker_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    """Reads models last, so that a deployment during the scan is covered by its model."""
    yield from _endpoint_image_uses(aws)
    yield from _component_image_uses(aws)
    yield from _model_image_uses(aws)


def _endpoint_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    def image_uses_of(name: str) -> Iterator[ImageUse]:
        endpoint = aws.find(
            "sagemaker", "describe_endpoint", _ENDPOINT_NOT_FOUND, EndpointName=name
        )
        for variant in _variants(endpoint) if endpoint else ():
            for image in _images(variant):
                yield _deployed_image_use(image, f"SageMaker endpoint {name}")

    listed = aws.pages("sagemaker", "list_endpoints", "Endpoints", MaxResults=_PAGE)
    return image_uses_of_each((entry["EndpointName"] for entry in listed), image_uses_of)


def _variants(endpoint: AwsAnswer) -> Iterator[AwsAnswer]:
    """Includes the variants of a deployment in progress."""
    if endpoint["EndpointStatus"] in _WITHOUT_VARIANTS:
        yield from endpoint.get("ProductionVariants") or ()
    else:
        yield from endpoint["ProductionVariants"]
    yield from endpoint.get("ShadowProductionVariants") or ()
    if pending := endpoint.get("PendingDeploymentSummary"):
        yield from pending.get("ProductionVariants") or ()
        yield from pending.get("ShadowProductionVariants") or ()


def _images(variant: AwsAnswer) -> Sequence[AwsAnswer]:
    """The images of a variant. A variant that is starting, or that hosts inference components, has
    none. Raises ServiceError if the variant has no name."""
    return (variant["VariantName"] and variant.get("DeployedImages")) or ()


def _component_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    def image_uses_of(name: str) -> Iterator[ImageUse]:
        component = aws.find(
            "sagemaker",
            "describe_inference_component",
            _COMPONENT_NOT_FOUND,
            InferenceComponentName=name,
        )
        for specification in _specifications(component) if component else ():
            yield from _specification_image_uses(
                aws, specification, f"SageMaker inference component {name}"
            )

    listed = aws.pages(
        "sagemaker", "list_inference_components", "InferenceComponents", MaxResults=_PAGE
    )
    return image_uses_of_each((entry["InferenceComponentName"] for entry in listed), image_uses_of)


def _specifications(component: AwsAnswer) -> Sequence[AwsAnswer]:
    """One specification, or one for each instance type (API reference, Specifications)."""
    return component.get("Specifications") or (component["Specification"],)


def _specification_image_uses(
    aws: AwsApi, specification: AwsAnswer, used_by: str
) -> Iterator[ImageUse]:
    """Yields the image of a specification. An adapter has none: it runs in its base component."""
    container = specification.get("Container")
    if container and (image := container.get("DeployedImage")):
        yield _deployed_image_use(image, used_by)
    elif name := specification.get("ModelName"):
        model = aws.call("sagemaker", "describe_model", ModelName=name)
        yield from _images_of_model(aws, model, used_by)
    elif not specification.get("BaseInferenceComponentName"):
        raise specification.unusable(f"returned no image of {used_by}: try again later")


def _deployed_image_use(image: AwsAnswer, used_by: str) -> ImageUse:
    """`ResolvedImage` is `registry/repository@digest` (API reference, DeployedImage)."""
    resolved = image.get("ResolvedImage") or ""
    named = image.get("SpecifiedImage") or image["ResolvedImage"]
    return ImageUse(named, used_by, resolved.partition("@")[2] or None)


def _model_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    def image_uses_of(name: str) -> Iterator[ImageUse]:
        model = aws.find("sagemaker", "describe_model", _MODEL_NOT_FOUND, ModelName=name)
        if model:
            yield from _images_of_model(aws, model, f"SageMaker model {name}")

    listed = aws.pages("sagemaker", "list_models", "Models", MaxResults=_PAGE)
    return image_uses_of_each((entry["ModelName"] for entry in listed), image_uses_of)


def _images_of_model(aws: AwsApi, model: AwsAnswer, used_by: str) -> Iterator[ImageUse]:
    """Yields the image of each container, or the images of its model package."""
    for container in _model_containers(model):
        if image := container.get("Image"):
            yield ImageUse(image, used_by)
        else:
            yield from _images_of_package(aws, container["ModelPackageName"], used_by)


def _model_containers(model: AwsAnswer) -> Sequence[AwsAnswer]:
    """The container of a model, or the containers of its inference pipeline."""
    primary = model.get("PrimaryContainer")
    pipeline = model.get("Containers") if primary else model["Containers"]
    return [*([primary] if primary else ()), *(pipeline or ())]


def _images_of_package(aws: AwsApi, name: str, used_by: str) -> Iterator[ImageUse]:
    """Yields the images of a model package. `MetadataOnly` omits data that needs kms:Decrypt, but
    no image (API reference, IncludedData). Marketplace products run images of their vendor."""
    package = aws.call(
        "sagemaker", "describe_model_package", ModelPackageName=name, IncludedData="MetadataOnly"
    )
    additional = package.get("AdditionalInferenceSpecifications") or ()
    for specification in (package["InferenceSpecification"], *additional):
        for container in specification["Containers"]:
            if image := container.get("Image"):
                yield ImageUse(image, used_by, container.get("ImageDigest"))
            elif not container.get("ProductId"):
                raise package.unusable(
                    f"returned no image of package {name}, which {used_by} uses: try again later"
                )
