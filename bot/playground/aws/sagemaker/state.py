"""The SageMaker models, endpoints and inference components of an account and Region."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, TypeVar, Unpack

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.option_checks import reject_unknown_options

AnyResource = TypeVar("AnyResource", bound="SageMakerResource")


@dataclass(frozen=True)
class SageMakerResource:
    """A resource. Resources do not change after their creation."""

    name: str
    arn: str
    created_at: datetime


@dataclass(frozen=True)
class SageMakerModel(SageMakerResource):
    """A model. Several images are a pipeline. A model from a package has no images."""

    images: tuple[str, ...]
    package: str | None
    role_arn: str


@dataclass(frozen=True)
class DeployedImage:
    """An image with its digest at the time of the deployment."""

    specified: str
    resolved: str
    at: datetime


@dataclass(frozen=True)
class PackagedImage:
    image: str
    digest: str | None


@dataclass(frozen=True)
class ModelPackage(SageMakerResource):
    """A model package. `additional`: further inference specifications."""

    images: tuple[PackagedImage, ...]
    additional: Mapping[str, tuple[PackagedImage, ...]]


Variants = Mapping[str, list[DeployedImage]]
Images = Mapping[str, list[str]]
"""Image references by variant name."""


@dataclass(frozen=True)
class InferenceEndpoint(SageMakerResource):
    """An endpoint. The pending variants belong to a deployment in progress."""

    status: str
    production: Variants
    shadow: Variants
    pending: Variants
    pending_shadow: Variants


@dataclass(frozen=True)
class ComponentSpecification:
    """One of image, model and base, for an instance type or for any."""

    image: DeployedImage | None
    model: str | None
    base: str | None
    instance_type: str | None


@dataclass(frozen=True)
class InferenceComponent(SageMakerResource):
    status: str
    endpoint: str
    endpoint_arn: str
    variant: str
    specifications: tuple[ComponentSpecification, ...]


class EndpointOptions(TypedDict, total=False):
    """`digests`: by image reference, for images that are not in the stand-in's registries.

    `status`: by default InService, or Updating if there are pending variants.
    """

    shadow: Images
    pending: Images
    pending_shadow: Images
    digests: Mapping[str, str]
    status: str
    at: datetime | None


class SpecificationOptions(TypedDict, total=False):
    """One of `image`, `model` (a name), and `base` (the base component of an adapter).

    `digest`: for an image that is not in the stand-in's registries.
    """

    image: str
    digest: str
    model: str
    base: str
    instance_type: str


class InferenceComponentOptions(TypedDict, total=False):
    variant: str
    status: str
    at: datetime | None


class SageMakerState:
    """All resources. Endpoints and components store the digests at their creation."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.models: dict[str, SageMakerModel] = {}
        self.packages: dict[str, ModelPackage] = {}
        self.endpoints: dict[str, InferenceEndpoint] = {}
        self.components: dict[str, InferenceComponent] = {}

    @locked
    def create_model(
        self,
        name: str,
        images: list[str],
        *,
        package: str | None = None,
        at: datetime | None = None,
    ) -> SageMakerModel:
        """Creates a model from one image, several in a pipeline, or a model package."""
        if bool(images) == bool(package):
            raise ValueError("give either images or a package")
        model = SageMakerModel(
            name=name,
            arn=self._arn("model", name),
            created_at=at or self.location.now,
            images=tuple(images),
            package=package,
            role_arn=self.location.role_arn("sagemaker"),
        )
        return _added(self.models, model)

    @locked
    def create_package(
        self,
        name: str,
        images: list[str],
        *,
        additional: Mapping[str, list[str]] | None = None,
        digests: Mapping[str, str] | None = None,
    ) -> ModelPackage:
        """`digests`: by image reference. `additional`: images by specification name."""

        def packaged(images: list[str]) -> tuple[PackagedImage, ...]:
            return tuple(PackagedImage(image, (digests or {}).get(image)) for image in images)

        package = ModelPackage(
            name=name,
            arn=self._arn("model-package", name),
            created_at=self.location.now,
            images=packaged(images),
            additional={key: packaged(listed) for key, listed in (additional or {}).items()},
        )
        return _added(self.packages, package)

    @locked
    def create_endpoint(
        self, name: str, variants: Images, **options: Unpack[EndpointOptions]
    ) -> InferenceEndpoint:
        """Creates an endpoint with images by variant name.

        A variant with inference components has no images.
        """
        reject_unknown_options(options, EndpointOptions)
        at = options.get("at") or self.location.now
        digests = options.get("digests", {})

        def deployed(variants: Images) -> Variants:
            return {
                variant: [self._deployed(image, digests.get(image), at) for image in images]
                for variant, images in variants.items()
            }

        endpoint = InferenceEndpoint(
            name=name,
            arn=self._arn("endpoint", name),
            created_at=at,
            status=options.get("status", "Updating" if "pending" in options else "InService"),
            production=deployed(variants),
            shadow=deployed(options.get("shadow", {})),
            pending=deployed(options.get("pending", {})),
            pending_shadow=deployed(options.get("pending_shadow", {})),
        )
        return _added(self.endpoints, endpoint)

    @locked
    def create_component(
        self,
        name: str,
        endpoint: str,
        specifications: list[SpecificationOptions],
        **options: Unpack[InferenceComponentOptions],
    ) -> InferenceComponent:
        """Creates an inference component. Each of several specifications has an instance type."""
        reject_unknown_options(options, InferenceComponentOptions)
        if not specifications:
            raise ValueError("give at least one specification")
        at = options.get("at") or self.location.now
        component = InferenceComponent(
            name=name,
            arn=self._arn("inference-component", name),
            created_at=at,
            status=options.get("status", "InService"),
            endpoint=endpoint,
            endpoint_arn=self._arn("endpoint", endpoint),
            variant=options.get("variant", "AllTraffic"),
            specifications=tuple(self._specification(each, at) for each in specifications),
        )
        return _added(self.components, component)

    def _specification(self, given: SpecificationOptions, at: datetime) -> ComponentSpecification:
        reject_unknown_options(given, SpecificationOptions)
        if len(given.keys() & {"image", "model", "base"}) != 1:
            raise ValueError("give exactly one of image, model and base")
        image = given.get("image")
        return ComponentSpecification(
            image=self._deployed(image, given.get("digest"), at) if image else None,
            model=given.get("model"),
            base=given.get("base"),
            instance_type=given.get("instance_type"),
        )

    def _deployed(self, image: str, digest: str | None, at: datetime) -> DeployedImage:
        return DeployedImage(image, self.location.resolved_image(image, digest), at)

    def _arn(self, kind: str, name: str) -> str:
        return self.location.arn("sagemaker", f"{kind}/{name}")


def _added(resources: dict[str, AnyResource], resource: AnyResource) -> AnyResource:
    if resource.name in resources:
        raise ValueError(f"{resource.arn} already exists")
    resources[resource.name] = resource
    return resource
