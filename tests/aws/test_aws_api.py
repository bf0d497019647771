"""Calls that run against moto and the stand-in: AssumeRole, lists of functions, Regions."""

from collections.abc import Iterator

import boto3
import pytest

from bot.aws.aws_api import AccountAccess, AwsApi, open_aws_apis
from bot.aws.sessions import AssumedRole, open_session
from bot.playground.aws import AwsStandIn
from bot.usage.aws_lambda import LambdaSource

OTHER = "210987654321"
ROLE = AssumedRole(f"arn:aws:iam::{OTHER}:role/look", "x-1")


@pytest.fixture(params=[pytest.param("moto", marks=pytest.mark.slow), "stand-in"])
def endpoint(request: pytest.FixtureRequest, aws: AwsStandIn) -> Iterator[str]:
    """Runs the tests against moto and the stand-in."""
    aws.world.identities.add_role(ROLE.arn, external_id="x-1")
    if request.param == "stand-in":
        yield aws.url
        return
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - loads slowly, in each test process

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def _there(environment: object, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del environment
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)


@pytest.mark.usefixtures("_there")
def test_a_role_opens_its_account_and_all_regions() -> None:
    session = open_session(ROLE, "eu-west-1")
    apis = list(open_aws_apis(AccountAccess(session, OTHER, ("all",)), 50))
    assert {api.account for api in apis} == {OTHER}
    assert {"eu-west-1", "us-east-1", "sa-east-1"} <= {api.region for api in apis}


@pytest.fixture
def function(_there: None, endpoint: str, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """Creates a container function and returns its image."""
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api:1"
    if endpoint == aws.url:
        aws.world.functions().create("thumbnailer", image, digest=f"sha256:{'0' * 64}")
        return image
    monkeypatch.setenv("MOTO_LAMBDA_STUB_ECR", "TRUE")
    role = boto3.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
    boto3.client("lambda").create_function(
        FunctionName="thumbnailer",
        PackageType="Image",
        Code={"ImageUri": image},
        Role=role["Role"]["Arn"],
    )
    return image


def test_a_function_is_listed_with_its_image(function: str) -> None:
    """Does not compare the digest, since moto returns that of no image."""
    found = LambdaSource(AwsApi(boto3.Session(), "123456789012", "eu-west-1")).image_uses()
    assert [(image_use.image, image_use.used_by) for image_use in found] == [
        (function, "Lambda thumbnailer $LATEST")
    ]
