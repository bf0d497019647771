"""A stand-in for each test, and unmodified boto3 clients."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from bot.playground.aws import DEFAULT_REGION, AwsStandIn

from .helpers import NOW, MakeClient

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_sts import STSClient

_session = boto3.Session()
_clients: dict[tuple[object, ...], Any] = {}
"""Created once, since that takes longer than most tests. Each test sets its endpoint."""

_NOWHERE = "http://stand-in.invalid"


@pytest.fixture
def aws() -> Iterator[AwsStandIn]:
    with AwsStandIn() as stand_in:
        stand_in.world.clock.set(NOW)
        yield stand_in


@pytest.fixture
def make_client(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeClient]:
    """Clients without retries, so that tests see every fault.

    If a service has several protocols, the client prefers the given one.
    """
    made: list[Any] = []

    def make(
        service: str,
        *,
        region: str = DEFAULT_REGION,
        key: str = "test",
        token: str | None = None,
        checked: bool = True,
        patience: float = 5,
        protocol: str | None = None,
    ) -> Any:
        known = (service, region, key, token, checked, patience, protocol)
        if known not in _clients:
            if protocol:
                monkeypatch.setattr(
                    "botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", [protocol]
                )
            _clients[known] = _session.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                endpoint_url=_NOWHERE,
                aws_access_key_id=key,
                aws_secret_access_key="secret",
                aws_session_token=token,
                config=Config(
                    retries={"total_max_attempts": 1},
                    read_timeout=patience,
                    parameter_validation=checked,
                ),
            )
        client = _clients[known]
        client.meta.events.register("before-send", to_stand_in, unique_id="stand-in")
        made.append(client)
        return client

    def to_stand_in(request: AWSPreparedRequest, **_: Any) -> None:
        request.url = request.url.replace(_NOWHERE, aws.url, 1)

    yield make
    for client in made:
        client.meta.events.unregister("before-send", unique_id="stand-in")
        client.close()


@pytest.fixture
def ecr(make_client: MakeClient) -> "ECRClient":
    client: ECRClient = make_client("ecr")
    return client


@pytest.fixture
def sts(make_client: MakeClient) -> "STSClient":
    client: STSClient = make_client("sts")
    return client


@pytest.fixture
def ecs(make_client: MakeClient) -> Any:
    return make_client("ecs")


@pytest.fixture
def functions(make_client: MakeClient) -> Any:
    return make_client("lambda")


@pytest.fixture
def events(make_client: MakeClient) -> Any:
    return make_client("events")


@pytest.fixture
def scheduler(make_client: MakeClient) -> Any:
    return make_client("scheduler")


@pytest.fixture
def eks(make_client: MakeClient) -> Any:
    return make_client("eks")


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def codebuild(make_client: MakeClient, request: pytest.FixtureRequest) -> Any:
    """A client for each protocol of CodeBuild."""
    return make_client("codebuild", protocol=request.param)


@pytest.fixture
def apprunner(make_client: MakeClient) -> Any:
    return make_client("apprunner")


@pytest.fixture
def batch(make_client: MakeClient) -> Any:
    return make_client("batch")


@pytest.fixture
def sagemaker(make_client: MakeClient) -> Any:
    return make_client("sagemaker")
