"""One cluster's API server: lists that are whole, or an error that says what to do."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from traceback import clear_frames
from typing import TypeVar

import httpx2
import msgspec
from lightkube import Client
from lightkube.config.client_adapter import verify_cluster
from lightkube.config.kubeconfig import SingleConfig
from lightkube.core.exceptions import ConfigError, NotReadyError

from bot.core.errors import ServiceError
from bot.outgoing import quoted
from bot.usage.kubernetes.content import Resource, info_of, text_of
from bot.usage.kubernetes.proxies import proxy_for
from bot.usage.kubernetes.transport import PatientTransport

PAGE = 500
"""Objects in an answer, as kubectl asks for."""

STARTS = 3
"""How often a list is begun, if its `continue` or the token expires in between."""

EVERYWHERE = "*"

Configure = Callable[[], SingleConfig]
"""Address, CA and a fresh token of a cluster. May raise ServiceError, and what lightkube raises."""

Made = TypeVar("Made")


class ClusterApi:
    """May be used by several threads. `patience`: seconds that an answer may take."""

    def __init__(self, name: str, configure: Configure, patience: float = 30) -> None:
        self.name = name
        self._configure = configure
        self._timeout = httpx2.Timeout(patience)
        self._client: Client | None = None
        self._retired: list[Client] = []
        self._lock = Lock()

    def list(self, resource: Resource, read: Callable[[bytes], Made]) -> list[Made]:
        """What `read` makes of the text of every object of all namespaces. Raises ServiceError."""
        with in_words(f"list {info_of(resource).plural}", self.name):
            for _ in range(STARTS - 1):
                client = self._connected()
                try:
                    return _all(client, resource, read)
                except httpx2.HTTPStatusError as error:
                    self._prepare_to_start_again(client, error)
            return _all(self._connected(), resource, read)

    def close(self) -> None:
        """Ends all connections; the next list opens new ones."""
        with self._lock:
            for client in filter(None, (*self._retired, self._client)):
                client.close()
            self._retired.clear()
            self._client = None

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = _connect(self._configure(), self._timeout)
            return self._client

    def _prepare_to_start_again(self, client: Client, error: httpx2.HTTPStatusError) -> None:
        """After 410 (the `continue` has expired) and 401 (the token has); raises all else."""
        if error.response.status_code == httpx2.codes.UNAUTHORIZED:
            with self._lock:
                if self._client is client:
                    self._retired.append(client)
                    self._client = None
        elif error.response.status_code != httpx2.codes.GONE:
            raise error


def _all(client: Client, resource: Resource, read: Callable[[bytes], Made]) -> list[Made]:
    """One page of objects is in memory at a time, besides what is made of them. Every list has a
    resourceVersion (API conventions of Kubernetes): what has none is something else, or lost the
    part that tells of further pages."""
    found = client.list(resource, namespace=EVERYWHERE, chunk_size=PAGE)
    objects = [read(text_of(content)) for content in found]
    if not found.resourceVersion:
        raise ValueError("the list has no resourceVersion")
    return objects


def _connect(config: SingleConfig, timeout: httpx2.Timeout) -> Client:
    if config.user is None:
        raise ConfigError(f"context {config.context_name} names no user")
    try:
        verify = verify_cluster(config.cluster, config.user, config.abs_file)
    except Exception as error:
        clear_frames(error.__traceback__)  # they hold lightkube's files of certificates and keys
        raise
    transport = httpx2.HTTPTransport(verify=verify, proxy=proxy_for(config.cluster.server))
    return Client(config, timeout=timeout, transport=PatientTransport(transport))


@contextmanager
def in_words(action: str, cluster: str) -> Iterator[None]:
    """`action` goes on after "asked to". Raises ServiceError."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise ServiceError(_refusal(error, action, cluster)) from error
    except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise ServiceError(_unusable(cluster, type(error).__name__)) from None
    except httpx2.HTTPError as error:
        raise ServiceError(
            f"Kubernetes cluster {cluster} gave no answer when asked to {action} "
            f"({quoted(error) or type(error).__name__}): check its address and the network"
        ) from error
    except ConfigError as error:
        raise ServiceError(_unusable(cluster, _without_output(quoted(error)))) from None
    except (OSError, LookupError) as error:
        words = f"there is no {error}" if isinstance(error, KeyError) else quoted(error)
        raise ServiceError(_unusable(cluster, words)) from error
    except (
        AssertionError,
        AttributeError,
        msgspec.MsgspecError,
        NotReadyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ServiceError(
            f"Kubernetes cluster {cluster} gave an answer that cannot be understood when asked to "
            f"{action} ({quoted(error)}): check what stands between here and its API server"
        ) from error


def _unusable(cluster: str, why: str) -> str:
    """httpx2 quotes headers and URLs that it cannot send: tokens and passwords stand there."""
    return (
        f"Kubernetes cluster {cluster} cannot be reached ({why}): mend its entry of "
        "usage.kubernetes.clusters, or what that names"
    )


def _without_output(words: str) -> str:
    """Nobody knows what a command of a kubeconfig says when it fails."""
    failed = re.match(r"Exec (.+?) returned (-?\d+)", words)
    return f"{failed[1]} of the kubeconfig left with {failed[2]}: run it" if failed else words


def _refusal(error: httpx2.HTTPStatusError, action: str, cluster: str) -> str:
    said = quoted((str(error) or "no reason given").splitlines()[0])
    match error.response.status_code:
        case 401:
            return (
                f"Kubernetes cluster {cluster} does not accept the credentials: renew the token; "
                "on EKS give the IAM principal an access entry"
            )
        case 403:
            return (
                f"Kubernetes cluster {cluster} refused to {action}: grant it, ecr-clean iam-policy "
                f"--kubernetes prints the ClusterRole. It says: {said}"
            )
        case 404:
            return (
                f"Kubernetes cluster {cluster} has nothing of the kind when asked to {action}: "
                "check the resource in usage.kubernetes.custom_resources, and name there the "
                "clusters that have it"
            )
        case 410:
            return f"Kubernetes cluster {cluster} let every try to {action} expire: try again later"
        case 429:
            return (
                f"Kubernetes cluster {cluster} had no room to {action} until the retries ran out: "
                "try again later"
            )
        case status:
            return f"Kubernetes cluster {cluster} failed with {status} to {action}: {said}"
