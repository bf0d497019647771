"""Helpers of the tests in this folder."""

from datetime import UTC, datetime
from typing import Any

import httpx2

from bot.playground.kubernetes import Cluster
from bot.playground.kubernetes.builders import pod

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PODS = "/api/v1/pods"
REPO = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
IMAGE_ID = f"{REPO}@sha256:{'1' * 64}"


def fill(cluster: Cluster, *names: str, namespace: str = "default") -> None:
    cluster.apply(*(pod(name, f"{REPO}:1", namespace=namespace) for name in names))


def names(page: Any) -> list[str]:
    return [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in page["items"]]


def page(api: httpx2.Client, path: str = PODS, **query: Any) -> Any:
    answer = api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer: httpx2.Response) -> tuple[int, str, str]:
    """Code, reason and message of an answer that is a valid Status."""
    status = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (status["kind"], status["apiVersion"], status["status"]) == ("Status", "v1", "Failure")
    assert status["code"] == answer.status_code
    return status["code"], status["reason"], status["message"]
