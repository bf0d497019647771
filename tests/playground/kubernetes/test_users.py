"""Authentication: static tokens and EKS tokens."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from botocore.signers import RequestSigner

from bot.playground.kubernetes import DEFAULT_TOKEN, Cluster, base64url

from .conftest import Connect
from .helpers import NOW, PODS, refusal

UNAUTHORIZED = (401, "Unauthorized", "Unauthorized")
STS = "https://sts.eu-west-1.amazonaws.com"
CALL = f"{STS}/?Action=GetCallerIdentity&Version=2011-06-15"


def eks_token(
    *,
    url: str = CALL,
    key: str = "AKIAEXAMPLE",
    session_token: str | None = None,
    service: str = "sts",
    headers: tuple[str, ...] = ("x-k8s-aws-id",),
    expires: int = 60,
) -> str:
    """A token like that of `aws eks get-token`. botocore signs with the real time."""
    session = boto3.Session(key, "secret", session_token, region_name="eu-west-1")
    credentials = session.get_credentials()
    assert credentials is not None
    client = session.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id,
        "eu-west-1",
        service,
        "v4",
        credentials,
        session.events,
    )
    request = {
        "method": "GET",
        "url": url,
        "body": {},
        "headers": dict.fromkeys(headers, "main"),
        "context": {},
    }
    signed = signer.generate_presigned_url(
        request, operation_name="", region_name="eu-west-1", expires_in=expires
    )
    client.close()
    return f"k8s-aws-v1.{base64url.encode(signed.encode())}"


@pytest.fixture
def eks(cluster: Cluster) -> Cluster:
    cluster.clock.follow_real_time()
    cluster.add_access_entry("AKIAEXAMPLE", "arn:aws:iam::123456789012:role/cleaner")
    return cluster


@pytest.mark.parametrize("token", ["", "unknown", "k8s-aws-v1."])
def test_requests_without_a_valid_token_are_rejected(
    cluster: Cluster, connect: Connect, token: str
) -> None:
    assert refusal(connect(token).get(PODS)) == UNAUTHORIZED
    [call] = cluster.calls
    assert (call.user, call.status) == (None, 401)


@pytest.mark.usefixtures("cluster")
def test_only_bearer_tokens_are_accepted(api: httpx2.Client) -> None:
    answer = api.get(PODS, headers={"authorization": f"Basic {DEFAULT_TOKEN}"})
    assert refusal(answer) == UNAUTHORIZED


def test_a_token_expires(cluster: Cluster, connect: Connect) -> None:
    cluster.add_token("short", "bot", expires_at=NOW + timedelta(hours=1))
    api = connect("short")
    assert api.get(PODS).status_code == 200
    cluster.clock.advance(timedelta(hours=1))
    assert refusal(api.get(PODS)) == UNAUTHORIZED
    assert [call.why for call in cluster.calls] == [None, "the token has expired"]


def with_certificate(cluster: Cluster, folder: Path, expires: datetime | None) -> httpx2.Client:
    issued = cluster.issue("ann", expires)
    (folder / "ann.pem").write_text(issued.certificate + issued.key)
    trust = ssl.create_default_context(cadata=cluster.ca_pem)
    trust.load_cert_chain(folder / "ann.pem")
    return httpx2.Client(base_url=cluster.url, verify=trust)


def test_a_client_certificate_authenticates(cluster: Cluster, tmp_path: Path) -> None:
    with with_certificate(cluster, tmp_path, None) as api:
        assert api.get(PODS).status_code == 200
    [call] = cluster.calls
    assert call.user == "ann"


def test_a_client_certificate_expires(cluster: Cluster, tmp_path: Path) -> None:
    with (
        with_certificate(cluster, tmp_path, datetime(2026, 1, 1, tzinfo=UTC)) as api,
        pytest.raises(httpx2.TransportError),
    ):
        api.get(PODS)


def test_a_kind_missing_in_an_old_cluster(cluster: Cluster, api: httpx2.Client) -> None:
    cluster.kinds.remove("", "v1", "pods")
    assert api.get(PODS).status_code == 404


def test_a_certificate_of_another_authority_is_not_trusted(cluster: Cluster) -> None:
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx2.get(cluster.url)


def test_a_token_of_eks(eks: Cluster, connect: Connect) -> None:
    assert connect(eks_token()).get(PODS).status_code == 200
    [call] = eks.calls
    assert call.user == "arn:aws:iam::123456789012:role/cleaner"


def test_a_token_of_eks_is_valid_for_15_minutes(eks: Cluster, connect: Connect) -> None:
    api, signed = connect(eks_token()), datetime.now(UTC)
    eks.clock.set(signed + timedelta(minutes=14, seconds=50))
    assert api.get(PODS).status_code == 200
    eks.clock.set(signed + timedelta(minutes=15, seconds=1))
    assert refusal(api.get(PODS)) == UNAUTHORIZED


def test_another_sts_endpoint(eks: Cluster, connect: Connect) -> None:
    token = eks_token(url=CALL.replace(STS, "http://127.0.0.1:4566"))
    assert refusal(connect(token).get(PODS)) == UNAUTHORIZED
    eks.trust_sts("http://127.0.0.1:4566")
    assert connect(token).get(PODS).status_code == 200


def test_temporary_credentials(eks: Cluster, connect: Connect) -> None:
    eks.add_access_entry("ASIAEXAMPLE", "bot", ["readers"])
    assert refusal(connect(eks_token(key="ASIAEXAMPLE")).get(PODS)) == UNAUTHORIZED
    token = eks_token(key="ASIAEXAMPLE", session_token="session")
    assert connect(token).get(PODS).status_code == 200


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"key": "AKIAOTHER"}, "AKIAOTHER has no access entry"),
        ({"url": f"{STS}/?Action=GetCallerIdentity"}, "missing parameters: version"),
        ({"url": f"{CALL}&X=1"}, "unexpected parameters: x"),
        ({"url": f"{CALL}&action=x"}, "given twice"),
        ({"url": f"{STS}/?Action=GetSessionToken&Version=1"}, "unexpected action"),
        ({"url": CALL.replace("/?", "/x?")}, "unexpected path"),
        ({"url": CALL.replace("https", "http")}, "unexpected scheme"),
        ({"url": CALL.replace(".com/", ".com.evil.org/")}, "unexpected host"),
        ({"url": CALL.replace("eu-west-1", "us-east-1")}, "us-east-1.amazonaws.com for eu-west-1"),
        ({"service": "s3"}, "unexpected credential"),
        ({"headers": ()}, "x-k8s-aws-id is not signed"),
        ({"expires": 901}, "X-Amz-Expires is 901"),
    ],
)
def test_calls_that_eks_rejects(
    eks: Cluster, connect: Connect, made: dict[str, Any], why: str
) -> None:
    _refused(eks, connect(eks_token(**made)), why)


def test_texts_that_eks_rejects(eks: Cluster, connect: Connect) -> None:
    _refused(eks, connect(f"{eks_token()}="), "it is padded")
    _refused(eks, connect("k8s-aws-v1.!"), "not base64url")
    _refused(eks, connect(f"k8s-aws-v1.{'a' * 5000}"), "too long")


def _refused(eks: Cluster, api: httpx2.Client, why: str) -> None:
    assert refusal(api.get(PODS)) == UNAUTHORIZED
    *_, call = eks.calls
    assert why in (call.why or "")


def test_a_token_of_the_future(eks: Cluster, connect: Connect) -> None:
    api = connect(eks_token())
    eks.clock.set(datetime.now(UTC) - timedelta(minutes=6))
    assert refusal(api.get(PODS)) == UNAUTHORIZED
