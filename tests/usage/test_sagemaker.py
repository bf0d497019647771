"""SageMaker: the images of endpoints, inference components and models."""

from collections import Counter
from contextlib import nullcontext

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.sagemaker.state import SageMakerState
from bot.usage.sagemaker import sagemaker_source
from tests.support import Shelf
from tests.usage.aws_support import (
    PLACE,
    digest,
    image,
    open_aws_api,
    scan_source,
)

pytestmark = pytest.mark.usefixtures("environment")

API = image("team/api")
DIGESTS = {image("team/api", str(n)): digest(n) for n in range(1, 5)}


@pytest.fixture
def sagemaker(aws: AwsStandIn) -> SageMakerState:
    return aws.world.sagemaker()


def image_uses() -> set[ImageUse]:
    return scan_source(sagemaker_source(open_aws_api()))


def runs(number: int, used_by: str) -> ImageUse:
    return ImageUse(image("team/api", str(number)), used_by, digest(number))


def test_name_and_scope_of_the_source() -> None:
    source = sagemaker_source(open_aws_api())
    assert (source.name, source.scope) == ("sagemaker", PLACE)


def test_no_workloads(aws: AwsStandIn) -> None:
    assert image_uses() == set()
    assert aws.world.calls.counts() == {
        "sagemaker:ListEndpoints": 1,
        "sagemaker:ListInferenceComponents": 1,
        "sagemaker:ListModels": 1,
    }


def test_models_of_one_container_and_pipelines(sagemaker: SageMakerState) -> None:
    sagemaker.create_model("forecast", [API])
    sagemaker.create_model("pipeline", [image("prepare"), image("predict")])
    assert image_uses() == {
        ImageUse(API, "SageMaker model forecast"),
        ImageUse(image("prepare"), "SageMaker model pipeline"),
        ImageUse(image("predict"), "SageMaker model pipeline"),
    }


def test_a_model_of_a_package_uses_every_image_of_it(sagemaker: SageMakerState) -> None:
    sagemaker.create_package(
        "vendor", [API], additional={"compiled": [image("compiled")]}, digests={API: digest(1)}
    )
    sagemaker.create_model("bought", [], package="vendor")
    assert image_uses() == {
        ImageUse(API, "SageMaker model bought", digest(1)),
        ImageUse(image("compiled"), "SageMaker model bought"),
    }


def test_running_images_have_their_digest_after_the_tag_moved(
    sagemaker: SageMakerState, shelf: Shelf
) -> None:
    deployed = shelf.image("first", "1")
    sagemaker.create_endpoint("live", {"AllTraffic": [API]})
    shelf.image("second", "1")
    assert image_uses() == {ImageUse(API, "SageMaker endpoint live", deployed)}


def test_every_variant_also_of_a_deployment_under_way(sagemaker: SageMakerState) -> None:
    one, two, three, four = DIGESTS
    sagemaker.create_endpoint(
        "live",
        {"AllTraffic": [one]},
        shadow={"shadow": [two]},
        pending={"AllTraffic": [three]},
        pending_shadow={"shadow": [four]},
        digests=DIGESTS,
    )
    assert image_uses() == {runs(n, "SageMaker endpoint live") for n in (1, 2, 3, 4)}


def test_an_endpoint_that_is_still_created(sagemaker: SageMakerState) -> None:
    pending = {"AllTraffic": [image("team/api", "1")]}
    sagemaker.create_endpoint("new", {}, status="Creating", pending=pending, digests=DIGESTS)
    assert image_uses() == {runs(1, "SageMaker endpoint new")}


@pytest.mark.parametrize("status", ["Creating", "Deleting", "Failed", "OutOfService"])
def test_an_endpoint_that_never_started_has_no_images(
    sagemaker: SageMakerState, status: str
) -> None:
    sagemaker.create_endpoint("broken", {}, status=status)
    assert image_uses() == set()


@pytest.mark.parametrize(
    "status",
    ["InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"],
)
def test_a_running_endpoint_without_images_is_an_error(
    sagemaker: SageMakerState, status: str
) -> None:
    sagemaker.create_endpoint("live", {}, status=status)
    with pytest.raises(ServiceError, match="sagemaker:DescribeEndpoint"):
        image_uses()


def test_an_image_whose_digest_is_not_known_yet(aws: AwsStandIn, sagemaker: SageMakerState) -> None:
    sagemaker.create_endpoint("live", {"AllTraffic": [API]}, digests={API: digest(1)})
    variant = {"VariantName": "AllTraffic", "DeployedImages": [{"SpecifiedImage": API}]}
    answer = {"EndpointStatus": "InService", "ProductionVariants": [variant]}
    aws.world.faults.add(Fault(operation="DescribeEndpoint", answer=answer))
    assert image_uses() == {ImageUse(API, "SageMaker endpoint live")}


def test_inference_components_run_in_an_endpoint_that_names_no_image(
    sagemaker: SageMakerState,
) -> None:
    one, two, three, _ = DIGESTS
    sagemaker.create_endpoint("live", {"AllTraffic": []})
    sagemaker.create_component("small", "live", [{"image": one, "digest": digest(1)}])
    sagemaker.create_component(
        "large",
        "live",
        [
            {"image": two, "digest": digest(2), "instance_type": "ml.g5.xlarge"},
            {"image": three, "digest": digest(3), "instance_type": "ml.p5.48xlarge"},
        ],
    )
    assert image_uses() == {
        runs(1, "SageMaker inference component small"),
        runs(2, "SageMaker inference component large"),
        runs(3, "SageMaker inference component large"),
    }


def test_an_inference_component_of_a_model_and_its_adapter(sagemaker: SageMakerState) -> None:
    sagemaker.create_model("chat", [API])
    sagemaker.create_component("base", "live", [{"model": "chat"}])
    sagemaker.create_component("adapter", "live", [{"base": "base"}])
    assert image_uses() == {
        ImageUse(API, "SageMaker model chat"),
        ImageUse(API, "SageMaker inference component base"),
    }


def test_a_component_with_a_deleted_model_is_an_error(sagemaker: SageMakerState) -> None:
    """The component still runs, and its image is unknown."""
    sagemaker.create_component("base", "live", [{"model": "deleted"}])
    with pytest.raises(ServiceError, match=r"sagemaker:DescribeModel .* Could not find model"):
        image_uses()


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("ListEndpoints", {"Endpoints": [{"EndpointName": "gone"}]}),
        (
            "ListInferenceComponents",
            {"InferenceComponents": [{"InferenceComponentName": "gone"}]},
        ),
        ("ListModels", {"Models": [{"ModelName": "gone"}]}),
    ],
)
def test_a_resource_deleted_after_it_was_listed(
    aws: AwsStandIn, operation: str, answer: dict[str, list[dict[str, str]]]
) -> None:
    aws.world.faults.add(Fault(operation=operation, answer=answer))
    assert image_uses() == set()
    assert sum(aws.world.calls.counts().values()) == 4


@pytest.mark.parametrize(
    ("operation", "missing"),
    [
        ("DescribeEndpoint", "endpoint configuration"),
        ("DescribeModel", "model package"),
        ("DescribeInferenceComponent", "endpoint"),
    ],
)
def test_errors_about_other_missing_resources(
    aws: AwsStandIn, sagemaker: SageMakerState, operation: str, missing: str
) -> None:
    sagemaker.create_model("chat", [API])
    sagemaker.create_endpoint("live", {"AllTraffic": [API]}, digests={API: digest(1)})
    sagemaker.create_component("base", "live", [{"image": API, "digest": digest(1)}])
    said = Fault(
        operation=operation,
        error="ValidationException",
        message=f'Could not find {missing} "arn:aws:sagemaker:eu-west-1:123456789012:x".',
    )
    aws.world.faults.add(said)
    with pytest.raises(ServiceError, match=f"sagemaker:{operation} .* Could not find {missing}"):
        image_uses()


def test_more_than_one_page_of_everything(aws: AwsStandIn, sagemaker: SageMakerState) -> None:
    expected = set()
    for n in range(101):
        name = image("team/api", str(n))
        sagemaker.create_model(f"m-{n}", [name])
        sagemaker.create_endpoint(f"e-{n}", {"AllTraffic": [name]}, digests={name: digest(n)})
        sagemaker.create_component(f"c-{n}", "e-0", [{"image": name, "digest": digest(n)}])
        expected |= {
            ImageUse(name, f"SageMaker model m-{n}"),
            runs(n, f"SageMaker endpoint e-{n}"),
            runs(n, f"SageMaker inference component c-{n}"),
        }
    assert image_uses() == expected
    assert aws.world.calls.counts() == Counter(
        {
            "sagemaker:ListEndpoints": 2,
            "sagemaker:ListInferenceComponents": 2,
            "sagemaker:ListModels": 2,
            "sagemaker:DescribeEndpoint": 101,
            "sagemaker:DescribeInferenceComponent": 101,
            "sagemaker:DescribeModel": 101,
        }
    )


@pytest.mark.parametrize(
    ("container", "expected"),
    [({"ProductId": "prod-1"}, None), ({"Framework": "PYTORCH"}, "returned no image of package")],
)
def test_a_package_without_an_image(
    aws: AwsStandIn, sagemaker: SageMakerState, container: dict[str, str], expected: str | None
) -> None:
    """Marketplace products run images of their vendor. For other packages the image is unknown."""
    sagemaker.create_package("vendor", [API])
    sagemaker.create_model("bought", [], package="vendor")
    answer = {"InferenceSpecification": {"Containers": [container]}}
    aws.world.faults.add(Fault(operation="DescribeModelPackage", times=None, answer=answer))
    with pytest.raises(ServiceError, match=expected) if expected else nullcontext():
        assert image_uses() == set()
