"""Services that AWS does not offer in every Region, and answers that are none."""

import socket
from pathlib import Path

import boto3
import pytest

from bot.aws.aws_api import caller_account
from bot.core.errors import ServiceError
from bot.playground.aws import DEFAULT_REGION, Fault, StandIn
from tests.usage.aws_support import UNLISTED, lose_host, open_aws_api

pytestmark = pytest.mark.usefixtures("environment")


def lacks_app_runner(region: str) -> bool:
    return open_aws_api(region=region).lacks("apprunner")


def test_neither_listed_nor_there(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_host(monkeypatch, "apprunner")
    assert lacks_app_runner(UNLISTED)


def test_listed_but_its_name_is_unknown_here(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_host(monkeypatch, "apprunner")
    assert not lacks_app_runner(DEFAULT_REGION)


def test_newer_than_botocores_data() -> None:
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL])
def test_nobody_could_look_its_name_up(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    lose_host(monkeypatch, "apprunner", code)
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_not_even_the_name_of_ecr_is_known_here(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Behind a proxy, or with a Region that is misspelt."""
    lose_host(monkeypatch, "apprunner")
    lose_host(monkeypatch, "ecr", code)
    assert not lacks_app_runner(UNLISTED)


@pytest.mark.parametrize("body", ["{}", "", "<GetCallerIdentityResponse>", "null"])
def test_an_answer_that_boto3_cannot_parse(aws: StandIn, environment: Path, body: str) -> None:
    del environment
    aws.world.faults.add(Fault(service="sts", operation="GetCallerIdentity", body=body))
    with pytest.raises(ServiceError, match="sts:GetCallerIdentity"):
        caller_account(boto3.Session())
