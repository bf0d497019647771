"""SageMaker's models, endpoints and inference components."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import NOW, MakeClient, image, pages, pushed, refused

TOKEN = ("NextToken", "NextToken")
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
INVALID = "ValidationException"


def deployed(reference: str, digest: str) -> dict[str, Any]:
    resolved = f"{reference.rpartition(':')[0]}@{digest}"
    return {"SpecifiedImage": reference, "ResolvedImage": resolved, "ResolutionTime": NOW}


def endpoint(sagemaker: Any, name: str) -> Any:
    return sagemaker.describe_endpoint(EndpointName=name)


def component(sagemaker: Any, name: str) -> Any:
    return sagemaker.describe_inference_component(InferenceComponentName=name)


def test_a_model_with_one_image(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_model("spam", ["x:1"], at=NOW - timedelta(days=1))

    [listed] = sagemaker.list_models()["Models"]
    model = sagemaker.describe_model(ModelName="spam")

    assert (listed["ModelName"], listed["ModelArn"]) == ("spam", f"{ARN}:model/spam")
    assert listed["CreationTime"] == model["CreationTime"] == NOW - timedelta(days=1)
    assert model["PrimaryContainer"]["Image"] == "x:1"
    assert "Containers" not in model


def test_a_pipeline(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_model("spam", ["x:1", "y:1"])
    model = sagemaker.describe_model(ModelName="spam")
    assert [each["Image"] for each in model["Containers"]] == ["x:1", "y:1"]
    assert "PrimaryContainer" not in model


def test_a_model_from_a_package_has_no_image(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_model("spam", [], package="group/3")
    model = sagemaker.describe_model(ModelName="spam")
    assert model["PrimaryContainer"] == {"ModelPackageName": "group/3"}


def test_an_endpoint_keeps_its_digests_when_the_tag_moves(aws: AwsStandIn, sagemaker: Any) -> None:
    main, digest = pushed(aws, "1.0")
    shadow, other = pushed(aws, "2.0")
    aws.world.sagemaker().create_endpoint("live", {"All": [main]}, shadow={"New": [shadow]})
    aws.world.push(aws.world.repository("team/api"), image("other"), tags=["1.0"])

    [listed] = sagemaker.list_endpoints()["Endpoints"]
    shown = endpoint(sagemaker, "live")

    assert listed["EndpointArn"] == f"{ARN}:endpoint/live"
    assert listed["EndpointStatus"] == shown["EndpointStatus"] == "InService"
    assert shown["ProductionVariants"] == [
        {"VariantName": "All", "DeployedImages": [deployed(main, digest)]}
    ]
    assert shown["ShadowProductionVariants"] == [
        {"VariantName": "New", "DeployedImages": [deployed(shadow, other)]}
    ]
    assert "PendingDeploymentSummary" not in shown


def test_a_pending_deployment(aws: AwsStandIn, sagemaker: Any) -> None:
    old, _ = pushed(aws, "1.0")
    new, digest = pushed(aws, "2.0")
    aws.world.sagemaker().create_endpoint(
        "live", {"All": [old]}, pending={"All": [new]}, pending_shadow={"New": [new]}
    )

    shown = endpoint(sagemaker, "live")

    assert shown["EndpointStatus"] == "Updating"
    assert shown["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == old
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        [variant] = shown["PendingDeploymentSummary"][member]
        assert variant["DeployedImages"] == [deployed(new, digest)]


def test_an_endpoint_with_components_has_no_images(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_endpoint("live", {"All": []})
    assert endpoint(sagemaker, "live")["ProductionVariants"] == [{"VariantName": "All"}]


def test_an_endpoint_in_creation(aws: AwsStandIn, sagemaker: Any) -> None:
    new, _ = pushed(aws, "1.0")
    aws.world.sagemaker().create_endpoint("live", {}, pending={"All": [new]}, status="Creating")
    shown = endpoint(sagemaker, "live")
    assert shown["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in shown


def test_components(aws: AwsStandIn, sagemaker: Any) -> None:
    reference, digest = pushed(aws, "1.0")
    world = aws.world.sagemaker()
    world.create_component("image", "live", [{"image": reference}])
    world.create_component("model", "live", [{"model": "spam"}], variant="Two", status="Creating")
    world.create_component("adapter", "live", [{"base": "image"}])

    shown = component(sagemaker, "image")
    assert shown["InferenceComponentArn"] == f"{ARN}:inference-component/image"
    assert (shown["EndpointName"], shown["EndpointArn"]) == ("live", f"{ARN}:endpoint/live")
    assert shown["Specification"] == {"Container": {"DeployedImage": deployed(reference, digest)}}
    assert component(sagemaker, "model")["Specification"] == {"ModelName": "spam"}
    assert component(sagemaker, "model")["InferenceComponentStatus"] == "Creating"
    assert component(sagemaker, "adapter")["Specification"] == {
        "BaseInferenceComponentName": "image"
    }


def test_a_component_with_a_specification_per_instance_type(
    aws: AwsStandIn, sagemaker: Any
) -> None:
    aws.world.sagemaker().create_component(
        "c",
        "live",
        [
            {"image": "x:1", "digest": "sha256:1", "instance_type": "ml.g5.xlarge"},
            {"model": "spam", "instance_type": "ml.g6.xlarge"},
        ],
    )
    shown = component(sagemaker, "c")
    image_, model = shown["Specifications"]
    assert image_["Container"]["DeployedImage"]["ResolvedImage"] == "x@sha256:1"
    assert model == {"InstanceType": "ml.g6.xlarge", "ModelName": "spam"}
    assert "Specification" not in shown


def test_unknown_names(sagemaker: Any) -> None:
    for call, member, kind in (
        (sagemaker.describe_model, "ModelName", "model"),
        (sagemaker.describe_endpoint, "EndpointName", "endpoint"),
        (sagemaker.describe_inference_component, "InferenceComponentName", "inference-component"),
    ):
        words = kind.replace("-", " ")
        message = f'Could not find {words} "{ARN}:{kind}/no".'
        assert refused(call, **{member: "no"}) == (INVALID, message)


def test_ten_per_page_and_at_most_100(aws: AwsStandIn, sagemaker: Any) -> None:
    world = aws.world.sagemaker()
    for number in range(101):
        world.create_model(f"m{number}", ["x:1"])
        world.create_endpoint(f"e{number}", {"All": []})
        world.create_component(f"c{number}", "e1", [{"model": "m1"}])

    for call, member in (
        (sagemaker.list_models, "Models"),
        (sagemaker.list_endpoints, "Endpoints"),
        (sagemaker.list_inference_components, "InferenceComponents"),
    ):
        assert pages(call, member, TOKEN) == [10] * 10 + [1]
        assert pages(call, member, TOKEN, MaxResults=100) == [100, 1]
        assert refused(call, MaxResults=101)[0] == INVALID
        token = call(MaxResults=1)["NextToken"]
        assert refused(call, NameContains="1", NextToken=token)[0] == INVALID
    paginator = sagemaker.get_paginator("list_models").paginate(MaxResults=50)
    assert len({each["ModelName"] for page in paginator for each in page["Models"]}) == 101


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("sagemaker", checked=False)
    assert refused(unchecked.list_models, MaxResults=0)[0] == INVALID
    assert refused(unchecked.list_models, SortBy="Size")[0] == INVALID
    code, message = refused(unchecked.describe_model, ModelName="m" * 64)
    assert code == INVALID
    assert "at 'modelName' failed to satisfy constraint" in message


def test_order_and_filters(aws: AwsStandIn, sagemaker: Any) -> None:
    world = aws.world.sagemaker()
    for days, name in enumerate(("b2", "c3", "a1")):
        status = "Failed" if name == "c3" else "InService"
        at = NOW - timedelta(days=days)
        world.create_component(name, f"e-{name}", [{"model": "m"}], status=status, at=at)

    def listed(**params: Any) -> list[str]:
        answer = sagemaker.list_inference_components(**params)
        return [each["InferenceComponentName"] for each in answer["InferenceComponents"]]

    assert listed() == ["b2", "c3", "a1"]
    assert listed(SortOrder="Ascending") == ["a1", "c3", "b2"]
    assert listed(SortBy="Name") == ["c3", "b2", "a1"]
    assert listed(SortBy="Status", SortOrder="Ascending") == ["c3", "a1", "b2"]
    assert listed(NameContains="c") == listed(StatusEquals="Failed") == ["c3"]
    assert listed(EndpointNameEquals="e-a1") == ["a1"]
    assert listed(VariantNameEquals="Two") == []
    yesterday = NOW - timedelta(days=1)
    assert listed(CreationTimeAfter=yesterday) == listed(LastModifiedTimeAfter=yesterday) == ["b2"]
    assert listed(CreationTimeBefore=yesterday) == ["a1"]
    assert listed(LastModifiedTimeBefore=yesterday) == ["a1"]


def test_each_account_and_region_has_its_own_models(
    aws: AwsStandIn, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", "210987654321")
    aws.world.sagemaker("210987654321", "us-east-1").create_model("spam", ["x:1"])

    def models(**place: str) -> int:
        return len(make_client("sagemaker", **place).list_models()["Models"])

    assert models(key="other", region="us-east-1") == 1
    assert models(region="us-east-1") == models(key="other") == 0


def test_permissions(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_model("spam", ["x:1"])
    aws.world.deny("sagemaker:List*", resource="*")
    for kind in ("model/no", "endpoint/no", "inference-component/no"):
        aws.world.deny("sagemaker:Describe*", resource=f"{ARN}:{kind}")

    calls = [
        (sagemaker.list_models, {}),
        (sagemaker.list_endpoints, {}),
        (sagemaker.list_inference_components, {}),
        (sagemaker.describe_model, {"ModelName": "no"}),
        (sagemaker.describe_endpoint, {"EndpointName": "no"}),
        (sagemaker.describe_inference_component, {"InferenceComponentName": "no"}),
    ]
    for call, params in calls:
        assert refused(call, **params)[0] == "AccessDeniedException"
    assert sagemaker.describe_model(ModelName="spam")["ModelName"] == "spam"


def test_control(aws: AwsStandIn, sagemaker: Any) -> None:
    control = ControlClient(aws.url)
    reference, digest = pushed(aws, "1.0")
    models = [{"name": "spam", "images": [reference]}]
    assert control.send("POST", "/sagemaker/models", {"models": models}) == {
        "models": [f"{ARN}:model/spam"]
    }
    endpoints = [{"name": "live", "variants": {"All": [reference]}}]
    control.send("POST", "/sagemaker/endpoints", {"endpoints": endpoints})
    components = [{"name": "c", "endpoint": "live", "specifications": [{"model": "spam"}]}]
    control.send("POST", "/sagemaker/components", {"components": components})

    [variant] = endpoint(sagemaker, "live")["ProductionVariants"]
    assert variant["DeployedImages"] == [deployed(reference, digest)]
    assert component(sagemaker, "c")["Specification"] == {"ModelName": "spam"}


def test_invalid_arguments(aws: AwsStandIn) -> None:
    world = aws.world.sagemaker()
    world.create_model("spam", ["x:1"])
    with pytest.raises(ValueError, match=":model/spam"):
        world.create_model("spam", ["x:1"])
    for images, package in (([], None), (["x:1"], "group/1")):
        with pytest.raises(ValueError, match="images or a package"):
            world.create_model("new", images, package=package)
    with pytest.raises(ValueError, match="give its digest"):
        world.create_endpoint("live", {"All": ["x:1"]})
    with pytest.raises(TypeError, match="unknown option color"):
        world.create_endpoint("live", {}, color="red")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="at least one specification"):
        world.create_component("c", "live", [])
    with pytest.raises(ValueError, match="one of image, model and base"):
        world.create_component("c", "live", [{"image": "x:1", "model": "spam"}])


def test_given_digests(aws: AwsStandIn, sagemaker: Any) -> None:
    aws.world.sagemaker().create_endpoint("live", {"All": ["x:1"]}, digests={"x:1": "sha256:1"})
    [variant] = endpoint(sagemaker, "live")["ProductionVariants"]
    assert variant["DeployedImages"][0]["ResolvedImage"] == "x@sha256:1"


def test_model_packages(aws: AwsStandIn, sagemaker: Any) -> None:
    digests = {"x:1": f"sha256:{1:064x}"}
    additional = {"compiled": ["y:1"]}
    aws.world.sagemaker().create_package("vendor", ["x:1"], additional=additional, digests=digests)
    package = sagemaker.describe_model_package(ModelPackageName="vendor")
    assert package["InferenceSpecification"]["Containers"] == [
        {"Image": "x:1", "ImageDigest": digests["x:1"]}
    ]
    (other,) = package["AdditionalInferenceSpecifications"]
    assert (other["Name"], other["Containers"]) == ("compiled", [{"Image": "y:1"}])
    with pytest.raises(ClientError, match="Could not find model package"):
        sagemaker.describe_model_package(ModelPackageName="gone")
