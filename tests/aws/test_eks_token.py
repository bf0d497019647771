"""Tokens for EKS clusters are signed like STS calls of boto3 in that Region."""

from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.aws.aws_api import AwsApi
from bot.aws.eks import EksClusters
from bot.aws.sessions import open_session

pytestmark = pytest.mark.usefixtures("environment")

GLOBAL = ("sts.amazonaws.com", "us-east-1")


@pytest.mark.parametrize(
    ("variables", "region", "host", "signed_for"),
    [
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "eu-west-1", *GLOBAL),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, "us-east-1", *GLOBAL),
        (
            {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"},
            "eu-south-1",
            "sts.eu-south-1.amazonaws.com",
            "eu-south-1",
        ),
        ({}, "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"),
        ({}, "cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            "us-west-2",
            "sts-fips.us-west-2.amazonaws.com",
            "us-west-2",
        ),
        (
            {"AWS_ENDPOINT_URL_STS": "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com"},
            "eu-west-1",
            "vpce-1.sts.eu-west-1.vpce.amazonaws.com",
            "eu-west-1",
        ),
    ],
)
def test_the_region_of_the_signature(
    variables: dict[str, str],
    region: str,
    host: str,
    signed_for: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    eks = EksClusters(AwsApi(open_session(), "123456789012", region))
    for cluster in ("prod", "staging"):
        kind, _, text = eks.token(cluster).partition(".")
        assert kind == "k8s-aws-v1"
        url = urlsplit(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        assert url.hostname == host
        assert query["X-Amz-Credential"].split("/")[2:] == [signed_for, "sts", "aws4_request"]
        assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
        assert (query["Action"], query["X-Amz-Expires"]) == ("GetCallerIdentity", "60")
