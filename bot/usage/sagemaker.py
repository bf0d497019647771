"""Amazon SageMaker: the images that endpoints and inference components run, and those that models
would be deployed with."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi, error_with
from bot.core.usage import Sighting
from bot.usage.aws_service import AwsServiceSource, sightings_of_each

_PAGE = 100
"""The most that SageMaker lists at once: API reference, ListModels and its like, MaxResults."""

_ENDPOINT_NOT_FOUND = error_with("ValidationException", message='Could not find endpoint "')
_COMPONENT_NOT_FOUND = error_with(
    "ValidationException", message='Could not find inference component "'
)
_MODEL_NOT_FOUND = error_with("ValidationException", message='Could not find model "')
"""What was deleted since it was listed (field). SageMaker has the same code for every mistake, and
the same words for other things that are missing: a model package, an endpoint configuration."""

_WITHOUT_VARIANTS = frozenset({"Creating", "Deleting", "Failed", "OutOfService"})
"""An endpoint that never came up has none (API reference, EndpointStatus)."""


def sagemaker_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("sagemaker", "SageMaker", "sagemaker", sagemaker_sightings, aws)


def sagemaker_sightings(aws: AwsApi) -> Iterator[Sighting]:
    """Models last: what is deployed meanwhile is deployed from one of them."""
    yield from _endpoint_sightings(aws)
    yield from _component_sightings(aws)
    yield from _model_sightings(aws)


def _endpoint_sightings(aws: AwsApi) -> Iterator[Sighting]:
    def sightings_of(name: str) -> Iterator[Sighting]:
        endpoint = aws.find(
            "sagemaker", "describe_endpoint", _ENDPOINT_NOT_FOUND, EndpointName=name
        )
        for variant in _variants(endpoint) if endpoint else ():
            for image in _images(variant):
                yield _deployed(image, f"SageMaker endpoint {name}")

    listed = aws.pages("sagemaker", "list_endpoints", "Endpoints", MaxResults=_PAGE)
    return sightings_of_each((entry["EndpointName"] for entry in listed), sightings_of)


def _variants(endpoint: AwsAnswer) -> Iterator[AwsAnswer]:
    """Also those of a deployment that is under way."""
    if endpoint["EndpointStatus"] in _WITHOUT_VARIANTS:
        yield from endpoint.get("ProductionVariants") or ()
    else:
        yield from endpoint["ProductionVariants"]
    yield from endpoint.get("ShadowProductionVariants") or ()
    if pending := endpoint.get("PendingDeploymentSummary"):
        yield from pending.get("ProductionVariants") or ()
        yield from pending.get("ShadowProductionVariants") or ()


def _images(variant: AwsAnswer) -> Sequence[AwsAnswer]:
    """Every variant has a name; one that only starts, or hosts inference components, has no
    images."""
    return (variant["VariantName"] and variant.get("DeployedImages")) or ()


def _component_sightings(aws: AwsApi) -> Iterator[Sighting]:
    def sightings_of(name: str) -> Iterator[Sighting]:
        component = aws.find(
            "sagemaker",
            "describe_inference_component",
            _COMPONENT_NOT_FOUND,
            InferenceComponentName=name,
        )
        for specification in _specifications(component) if component else ():
            yield from _specified(aws, specification, f"SageMaker inference component {name}")

    listed = aws.pages(
        "sagemaker", "list_inference_components", "InferenceComponents", MaxResults=_PAGE
    )
    return sightings_of_each((entry["InferenceComponentName"] for entry in listed), sightings_of)


def _specifications(component: AwsAnswer) -> Sequence[AwsAnswer]:
    """Either one, or one for each type of instance (API reference, Specifications)."""
    return component.get("Specifications") or (component["Specification"],)


def _specified(aws: AwsApi, specification: AwsAnswer, used_by: str) -> Iterator[Sighting]:
    """An adapter runs in the container of its base component."""
    container = specification.get("Container")
    if container and (image := container.get("DeployedImage")):
        yield _deployed(image, used_by)
    elif name := specification.get("ModelName"):
        model = aws.call("sagemaker", "describe_model", ModelName=name)
        yield from _images_of_model(aws, model, used_by)
    elif not specification.get("BaseInferenceComponentName"):
        raise specification.unusable(f"told of no image of {used_by}: try again later")


def _deployed(image: AwsAnswer, used_by: str) -> Sighting:
    """`ResolvedImage` is `registry/repository@digest` (API reference, DeployedImage)."""
    resolved = image.get("ResolvedImage") or ""
    named = image.get("SpecifiedImage") or image["ResolvedImage"]
    return Sighting(named, used_by, resolved.partition("@")[2] or None)


def _model_sightings(aws: AwsApi) -> Iterator[Sighting]:
    def sightings_of(name: str) -> Iterator[Sighting]:
        model = aws.find("sagemaker", "describe_model", _MODEL_NOT_FOUND, ModelName=name)
        if model:
            yield from _images_of_model(aws, model, f"SageMaker model {name}")

    listed = aws.pages("sagemaker", "list_models", "Models", MaxResults=_PAGE)
    return sightings_of_each((entry["ModelName"] for entry in listed), sightings_of)


def _images_of_model(aws: AwsApi, model: AwsAnswer, used_by: str) -> Iterator[Sighting]:
    """A container names its image, or a model package that does."""
    for container in _model_containers(model):
        if image := container.get("Image"):
            yield Sighting(image, used_by)
        else:
            yield from _images_of_package(aws, container["ModelPackageName"], used_by)


def _model_containers(model: AwsAnswer) -> Sequence[AwsAnswer]:
    """One, or those of an inference pipeline."""
    primary = model.get("PrimaryContainer")
    pipeline = model.get("Containers") if primary else model["Containers"]
    return [*([primary] if primary else ()), *(pipeline or ())]


def _images_of_package(aws: AwsApi, name: str, used_by: str) -> Iterator[Sighting]:
    """`MetadataOnly` leaves out what needs kms:Decrypt, and no image (API reference,
    IncludedData). A product of the Marketplace runs its vendor's images."""
    package = aws.call(
        "sagemaker", "describe_model_package", ModelPackageName=name, IncludedData="MetadataOnly"
    )
    additional = package.get("AdditionalInferenceSpecifications") or ()
    for specification in (package["InferenceSpecification"], *additional):
        for container in specification["Containers"]:
            if image := container.get("Image"):
                yield Sighting(image, used_by, container.get("ImageDigest"))
            elif not container.get("ProductId"):
                raise package.unusable(f"told no image of the package {name}, which {used_by} uses")
