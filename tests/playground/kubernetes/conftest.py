"""A new cluster for every test, and clients that do not share code with it."""

import ssl
from collections.abc import Callable, Iterator

import httpx2
import pytest
from lightkube import Client, KubeConfig

from bot.playground.kubernetes import DEFAULT_TOKEN, Cluster

from .helpers import NOW

Connect = Callable[[str], httpx2.Client]


@pytest.fixture
def closed() -> Iterator[Cluster]:
    """A cluster that denies all requests."""
    with Cluster() as cluster:
        cluster.clock.set(NOW)
        yield cluster


@pytest.fixture
def cluster(closed: Cluster) -> Cluster:
    closed.allow_everything()
    return closed


@pytest.fixture
def connect(closed: Cluster) -> Iterator[Connect]:
    opened: list[httpx2.Client] = []

    def with_token(token: str) -> httpx2.Client:
        trust = ssl.create_default_context(cadata=closed.ca_pem)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        opened.append(httpx2.Client(base_url=closed.url, verify=trust, headers=headers))
        return opened[-1]

    yield with_token
    for client in opened:
        client.close()


@pytest.fixture
def api(connect: Connect) -> httpx2.Client:
    return connect(DEFAULT_TOKEN)


@pytest.fixture
def kube(closed: Cluster) -> Iterator[Client]:
    with Client(config=KubeConfig.from_dict(closed.kubeconfig())) as client:
        yield client
