"""Services that AWS does not offer in a Region, and answers that are not AWS answers."""

import socket
from pathlib import Path

import boto3
import pytest

from bot.aws.aws_api import caller_account
from bot.core.errors import ServiceError
from bot.playground.aws import DEFAULT_REGION, AwsStandIn, Fault
from tests.usage.aws_support import UNLISTED, lose_host, open_aws_api

pytestmark = pytest.mark.usefixtures("environment")


def lacks_app_runner(region: str) -> bool:
    return open_aws_api(region=region).lacks("apprunner")


def test_an_unlisted_service_without_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_host(monkeypatch, "apprunner")
    assert lacks_app_runner(UNLISTED)


def test_a_listed_service_without_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_host(monkeypatch, "apprunner")
    assert not lacks_app_runner(DEFAULT_REGION)


def test_a_service_newer_than_botocores_data() -> None:
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL])
def test_a_failed_dns_lookup(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    lose_host(monkeypatch, "apprunner", code)
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_no_service_is_missing_if_ecr_has_no_host(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Behind a proxy, or with a misspelled Region."""
    lose_host(monkeypatch, "apprunner")
    lose_host(monkeypatch, "ecr", code)
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("body", ["{}", "", "<GetCallerIdentityResponse>", "null"])
def test_an_answer_that_boto3_cannot_parse(aws: AwsStandIn, environment: Path, body: str) -> None:
    del environment
    aws.world.faults.add(Fault(service="sts", operation="GetCallerIdentity", body=body))
    with pytest.raises(ServiceError, match="sts:GetCallerIdentity"):
        caller_account(boto3.Session())
