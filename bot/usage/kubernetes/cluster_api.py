"""Lists objects of one cluster's API server: complete lists, or an error that names the fix."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from threading import Lock
from traceback import clear_frames
from typing import TypeVar

import httpx2
from lightkube import Client
from lightkube.config.client_adapter import user_cert, verify_cluster
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import User
from lightkube.models.meta_v1 import Status

from bot.core.errors import ErrorText, ServiceError
from bot.sanitize import quoted
from bot.usage.kubernetes.errors import (
    CHECK_RESOURCE,
    CHECK_VERSION,
    ClusterSettingsError,
    explain_errors,
)
from bot.usage.kubernetes.http_transport import RetryingTransport, ScanDeadline, proxy_for
from bot.usage.kubernetes.listed_objects import (
    Resource,
    UndecodedResource,
    info_of,
    prepare,
    text_of,
)

PAGE = 500
"""Objects per answer, as in kubectl."""

LIST_ATTEMPTS = 3
"""Attempts to read a list, if its `continue` or the token expires in between."""

ALL_NAMESPACES = "*"

Configure = Callable[[float], SingleConfig]
"""Returns address, CA and new credentials of a cluster within the given seconds. Raises
ServiceError and lightkube's errors."""

Parsed = TypeVar("Parsed")

prepare(Status)  # the body of error answers


class ClusterApi:
    """The API server of one cluster. Thread-safe.

    A scan lasts from the first list until `close`, and takes at most `timeout` seconds. It gets
    credentials once, and again if the API server rejects them.
    """

    def __init__(self, name: str, configure: Configure, timeout: float) -> None:
        self.name = name
        self._configure = configure
        self._timeout = timeout
        self._lock = Lock()
        self._reset()

    def list(self, resource: Resource, read: Callable[[bytes], Parsed]) -> list[Parsed]:
        """Lists the objects of all namespaces and applies `read` to the JSON of each. Raises
        ServiceError."""
        unknown_kind = CHECK_VERSION if issubclass(resource, UndecodedResource) else CHECK_RESOURCE
        with explain_errors(f"list {info_of(resource).plural}", self.name, unknown_kind):
            for _ in range(LIST_ATTEMPTS - 1):
                client = self._connected()
                try:
                    return _all(client, resource, read)
                except httpx2.HTTPStatusError as error:
                    if not self._may_restart(client, error.response.status_code):
                        raise
            return _all(self._connected(), resource, read)

    def close(self) -> None:
        """Closes all connections. The next list starts a new scan."""
        with self._lock:
            for client in filter(None, (self._retired, self._client)):
                client.close()
            self._reset()

    def _reset(self) -> None:
        self._deadline: ScanDeadline | None = None
        self._client: Client | None = None
        self._retired: Client | None = None
        self._failure: ErrorText | None = None

    def _connected(self) -> Client:
        """Connects in one thread. All threads raise the error if that fails."""
        with self._lock:
            if self._failure:
                raise ServiceError(self._failure.text, self._failure.call)
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        self._deadline = self._deadline or ScanDeadline(self._timeout)
        try:
            with explain_errors("connect", self.name):
                return _open(self._configure(self._deadline.left()), self._deadline)
        except ServiceError as error:
            self._failure = ErrorText.of(error)
            raise

    def _may_restart(self, client: Client, status: int) -> bool:
        """Whether to read the list again: 410 means an expired `continue`, 401 an expired token."""
        if status == httpx2.codes.UNAUTHORIZED:
            return self._has_other_credentials(client)
        return status == httpx2.codes.GONE

    def _has_other_credentials(self, refused: Client) -> bool:
        """Whether another thread renewed the credentials, or this thread may."""
        with self._lock:
            if self._client is refused and self._retired is None:
                self._retired, self._client = refused, None
            return self._client is not refused


def _all(client: Client, resource: Resource, read: Callable[[bytes], Parsed]) -> list[Parsed]:
    """Reads all pages, with one page in memory at a time.

    Raises ValueError for a list without resourceVersion. Every list has one (Kubernetes API
    conventions), so the answer is something else, or lacks the token for the next page.
    """
    found = client.list(resource, namespace=ALL_NAMESPACES, chunk_size=PAGE)
    objects = [read(text_of(content)) for content in found]
    if not found.resourceVersion:
        raise ValueError("the list has no resourceVersion")
    return objects


def _open(config: SingleConfig, deadline: ScanDeadline) -> Client:
    transport = httpx2.HTTPTransport(verify=_tls(config), proxy=proxy_for(config.cluster.server))
    return Client(config, transport=RetryingTransport(transport, deadline))


def _tls(config: SingleConfig) -> SSLContext:
    with _usable("certificate authority"):
        context = verify_cluster(config.cluster, User(), config.abs_file)
    with _usable("client certificate and key"):
        _load_certificate(context, config)
    return context


@contextmanager
def _usable(what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        clear_frames(
            error.__traceback__
        )  # drops references to lightkube's certificate and key files
        raise ClusterSettingsError(f"its {what} cannot be used: {quoted(error)}") from None


def _load_certificate(context: SSLContext, config: SingleConfig) -> None:
    """Fails for an encrypted key: without `password` OpenSSL would prompt at the terminal."""
    assert config.user is not None
    if certificate := user_cert(config.user, config.abs_file):
        context.load_cert_chain(*certificate, password="")
