"""App Runner's services."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn
from bot.playground.control_client import ControlClient

from .helpers import NOW, MakeClient, pages, pushed, refused

TOKEN = ("NextToken", "NextToken")
NOBODY = "arn:aws:apprunner:eu-west-1:123456789012:service/shop/0"
INVALID = "InvalidRequestException"


def described(apprunner: Any, arn: str) -> Any:
    return apprunner.describe_service(ServiceArn=arn)["Service"]


def test_a_service_with_an_image(aws: AwsStandIn, apprunner: Any) -> None:
    image, _ = pushed(aws, "1.0")
    created = aws.world.apprunner().create("shop", image, at=NOW - timedelta(days=1))

    [summary] = apprunner.list_services()["ServiceSummaryList"]
    service = described(apprunner, summary["ServiceArn"])

    assert (summary["ServiceName"], summary["ServiceArn"]) == ("shop", created.arn)
    assert summary["Status"] == service["Status"] == "RUNNING"
    assert service["CreatedAt"] == NOW - timedelta(days=1)
    assert service["SourceConfiguration"] == {
        "ImageRepository": {"ImageIdentifier": image, "ImageRepositoryType": "ECR"},
        "AutoDeploymentsEnabled": True,
    }


def test_a_public_image(aws: AwsStandIn, apprunner: Any) -> None:
    image = "public.ecr.aws/aws-containers/hello-app-runner:latest"
    source = described(apprunner, aws.world.apprunner().create("shop", image).arn)
    assert source["SourceConfiguration"]["ImageRepository"] == {
        "ImageIdentifier": image,
        "ImageRepositoryType": "ECR_PUBLIC",
    }


def test_a_service_from_code_has_no_image(aws: AwsStandIn, apprunner: Any) -> None:
    source = described(apprunner, aws.world.apprunner().create("shop").arn)["SourceConfiguration"]
    assert "CodeRepository" in source
    assert "ImageRepository" not in source


@pytest.mark.parametrize(
    "status", ["RUNNING", "PAUSED", "DELETED", "CREATE_FAILED", "OPERATION_IN_PROGRESS"]
)
def test_every_status_is_listed(aws: AwsStandIn, apprunner: Any, status: str) -> None:
    arn = aws.world.apprunner().create("shop", status=status).arn
    [summary] = apprunner.list_services()["ServiceSummaryList"]
    service = described(apprunner, arn)
    assert summary["Status"] == service["Status"] == status
    assert ("DeletedAt" in service) == (status == "DELETED")


def test_the_name_of_a_deleted_service_can_be_used_again(aws: AwsStandIn, apprunner: Any) -> None:
    world = aws.world.apprunner()
    old = world.create("shop")
    with pytest.raises(ValueError, match="service shop already exists"):
        world.create("shop")
    world.set_status(old.arn, "DELETED")
    new = world.create("shop")

    assert described(apprunner, old.arn)["DeletedAt"] == NOW
    assert described(apprunner, new.arn)["Status"] == "RUNNING"
    assert len(apprunner.list_services()["ServiceSummaryList"]) == 2


def test_unknown_names(apprunner: Any) -> None:
    assert refused(apprunner.describe_service, ServiceArn=NOBODY) == (
        "ResourceNotFoundException",
        f"Service with the provided ARN does not exist: {NOBODY}",
    )


def test_20_per_page(aws: AwsStandIn, apprunner: Any) -> None:
    for number in range(41):
        aws.world.apprunner().create(f"shop-{number}")

    assert pages(apprunner.list_services, "ServiceSummaryList", TOKEN) == [20, 20, 1]
    assert pages(apprunner.list_services, "ServiceSummaryList", TOKEN, MaxResults=15) == [
        15,
        15,
        11,
    ]
    assert refused(apprunner.list_services, NextToken="x")[0] == INVALID


def test_limits(make_client: MakeClient) -> None:
    unchecked = make_client("apprunner", checked=False)
    for limit in (0, 21):
        assert refused(unchecked.list_services, MaxResults=limit)[0] == INVALID
    assert refused(unchecked.describe_service, ServiceArn="shop")[0] == INVALID


def test_answers_are_in_json_1_0(apprunner: Any) -> None:
    headers = apprunner.list_services()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/x-amz-json-1.0"


def test_each_account_and_region_has_its_own_services(
    aws: AwsStandIn, make_client: MakeClient
) -> None:
    aws.world.identities.add_user("other", "x", "210987654321")
    arn = aws.world.apprunner("210987654321", "us-east-1").create("shop").arn

    def services(**place: str) -> int:
        return len(make_client("apprunner", **place).list_services()["ServiceSummaryList"])

    assert services(key="other", region="us-east-1") == 1
    assert services(region="us-east-1") == services(key="other") == 0
    stranger = make_client("apprunner", region="us-east-1")
    assert refused(stranger.describe_service, ServiceArn=arn)[0] == "AccessDeniedException"


def test_permissions(aws: AwsStandIn, apprunner: Any) -> None:
    arns = [aws.world.apprunner().create(name).arn for name in ("shop", "blog")]
    aws.world.deny("apprunner:ListServices", resource="*")
    aws.world.deny("apprunner:DescribeService", resource="*:service/shop/*")

    assert refused(apprunner.list_services)[0] == "AccessDeniedException"
    assert refused(apprunner.describe_service, ServiceArn=arns[0])[0] == "AccessDeniedException"
    assert described(apprunner, arns[1])["ServiceName"] == "blog"


def test_control(aws: AwsStandIn, apprunner: Any) -> None:
    control = ControlClient(aws.url)
    image, _ = pushed(aws, "1.0")
    services = [{"name": "shop", "image": image}, {"name": "blog", "status": "PAUSED"}]
    shop, blog = control.send("POST", "/apprunner/services", {"services": services})["services"]
    control.send("PUT", "/apprunner/services", {"arn": shop, "status": "DELETED"})

    assert described(apprunner, shop)["DeletedAt"] == NOW
    assert described(apprunner, blog)["Status"] == "PAUSED"
