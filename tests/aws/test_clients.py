"""Clients are created once for each session, and freed with it."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from weakref import ref

import pytest

from bot.aws.aws_api import AwsApi, caller_arn
from bot.aws.eks import EksClusters
from bot.aws.sessions import client_of, open_session, short_timeout_config
from bot.bootstrap.sources import session_of
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn
from bot.playground.aws.identity import DEFAULT_KEY

pytestmark = pytest.mark.usefixtures("environment")


def unchanged(client: Any) -> None:
    """Prepares nothing."""


def test_the_same_client_for_the_same_arguments() -> None:
    session = open_session()
    client = client_of(session, "ecr", "eu-west-1")
    assert client_of(session, "ecr", "eu-west-1") is client
    others = [
        client_of(session, "ecr", "us-east-1"),
        client_of(session, "sts", "eu-west-1"),
        client_of(session, "ecr", "eu-west-1", short_timeout_config()),
        client_of(session, "ecr", "eu-west-1", prepare=unchanged),
        client_of(open_session(), "ecr", "eu-west-1"),
    ]
    assert len({id(each) for each in (client, *others)}) == 6


def test_concurrent_threads_get_the_same_client() -> None:
    session, start = open_session(), Barrier(8)

    def ask(_: int) -> Any:
        start.wait(10)
        return client_of(session, "sts", "eu-west-1")

    with ThreadPoolExecutor(8) as pool:
        assert len({id(each) for each in pool.map(ask, range(8))}) == 1


def test_clients_are_dropped_with_their_session() -> None:
    session = open_session()
    client = ref(client_of(session, "sts", "eu-west-1"))
    caller_arn(session)
    gc.collect()
    assert client() is not None
    del session
    gc.collect()
    assert client() is None


def test_new_credentials_get_new_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    old = client_of(session_of(None), "sts", "eu-west-1")
    assert client_of(session_of(None), "sts", "eu-west-1") is old
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"{DEFAULT_KEY}2")
    assert client_of(session_of(None), "sts", "eu-west-1") is not old


def test_tokens_for_clusters_do_not_change_other_calls(aws: AwsStandIn) -> None:
    """Several tokens are created with the same client."""
    session = open_session()
    tokens = {
        EksClusters(AwsApi(session, DEFAULT_ACCOUNT, DEFAULT_REGION)).token("prod")
        for _ in range(3)
    }
    assert all(token.startswith("k8s-aws-v1.") for token in tokens)
    sts = client_of(session, "sts", DEFAULT_REGION)
    url = sts.generate_presigned_url("get_caller_identity")
    assert "x-k8s-aws-id" not in url
    caller_arn(session)
    assert aws.world.calls.count("sts:GetCallerIdentity") == 1
