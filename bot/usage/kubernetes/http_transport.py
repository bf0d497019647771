"""HTTP transport for one cluster: a deadline for all calls, and retries after temporary
failures."""

import socket
import ssl
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
from lightkube.core.exceptions import ConfigError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    retry_if_result,
    wait_exponential_jitter,
)

ATTEMPTS = 6
MAX_WAIT = 30
"""Seconds."""

CONNECT_WITHIN, ANSWER_WITHIN = 10.0, 30.0
"""Timeouts of one attempt in seconds: for a connection, and for the next bytes of an answer."""

RESTARTING = "restarting"
"""Key in the extensions of a 403 response: whether the server gave another answer before. A
starting API server rejects all lists until it has read its roles."""

_TEMPORARY_STATUSES = {403, 429, 500, 502, 503, 504}
_BACKOFF = wait_exponential_jitter(multiplier=0.5, max=MAX_WAIT)

_NOT_SENT = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)
_TEMPORARY_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_TEMPORARY_TLS_REASONS = ("UNEXPECTED_EOF_WHILE_READING", "TLSV1_ALERT_INTERNAL_ERROR")


class ScanDeadline:
    """The time at which the scan of a cluster gives up."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Remaining seconds; negative after the deadline."""
        return self._end - monotonic()


class RetryingTransport(httpx2.BaseTransport):
    """Retries read-only requests. Reads an answer to its end before it returns it."""

    def __init__(self, transport: httpx2.BaseTransport, deadline: ScanDeadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._listed: set[str] = set()
        self._has_failed = False
        self._retrying = Retrying(
            stop=self._is_enough,
            wait=_wait,
            retry=retry_if_exception(is_temporary) | retry_if_result(_has_temporary_status),
            retry_error_callback=_last_outcome,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._retrying.copy()(self._send, request)

    def close(self) -> None:
        self._transport.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        left = self._deadline.left()
        if left <= 0:
            raise httpx2.ReadTimeout("the deadline has passed", request=request)
        request.extensions = {**request.extensions, "timeout": _timeouts(left)}
        try:
            response = self._transport.handle_request(request)
            self._read(response)
        except httpx2.TransportError:
            self._has_failed = True
            raise
        self._remember(request.url.path, response)
        return response

    def _read(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.SyncByteStream)
        response.stream = _StreamWithDeadline(response.stream, self._deadline)
        try:
            response.read()
        except httpx2.TransportError:
            response.close()
            raise

    def _remember(self, path: str, response: httpx2.Response) -> None:
        if response.is_success:
            self._listed.add(path)
        elif response.is_server_error:
            self._has_failed = True
        elif response.status_code == httpx2.codes.FORBIDDEN:
            response.extensions[RESTARTING] = self._has_failed or path in self._listed

    def _is_enough(self, state: RetryCallState) -> bool:
        would_be_late = state.upcoming_sleep >= self._deadline.left()
        return would_be_late or state.attempt_number >= ATTEMPTS


class _StreamWithDeadline(httpx2.SyncByteStream):
    """A response body that raises ReadTimeout after the deadline."""

    def __init__(self, stream: httpx2.SyncByteStream, deadline: ScanDeadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if self._deadline.left() <= 0:
                raise httpx2.ReadTimeout("the deadline has passed")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def is_temporary(error: BaseException) -> bool:
    """Whether a retry of the same call may succeed."""
    return (
        isinstance(error, httpx2.TransportError)
        and not isinstance(error, _NOT_SENT)
        and not is_refused_by_proxy(error)
        and not is_of_unknown_host(error)
        and tls_failure(error) is None
    )


def tls_failure(error: BaseException) -> ssl.SSLError | None:
    """The TLS error, if one side rejected a certificate or protocol. None for a broken
    connection."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            passes = isinstance(cause, _TEMPORARY_TLS) or cause.reason in _TEMPORARY_TLS_REASONS
            return None if passes else cause
    return None


def is_of_unknown_host(error: BaseException) -> bool:
    """Whether DNS says that the host name does not exist."""
    return any(
        isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
        for cause in _causes(error)
    )


def is_refused_by_proxy(error: BaseException) -> bool:
    """Whether the proxy answered with status 4xx, which starts the message of httpx2's
    ProxyError."""
    return isinstance(error, httpx2.ProxyError) and str(error).startswith("4")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__  # httpcore2 removes the causes


def _timeouts(left: float) -> dict[str, float]:
    """Limits an attempt to half of the remaining time, so that a second attempt is possible."""
    answer = min(ANSWER_WITHIN, max(left / 2, 1))
    connect = min(CONNECT_WITHIN, answer)
    return {"connect": connect, "read": answer, "write": answer, "pool": answer}


def _has_temporary_status(response: httpx2.Response) -> bool:
    return response.status_code in _TEMPORARY_STATUSES


def _wait(state: RetryCallState) -> float:
    """Waits as Retry-After (seconds) of the answer says, else with exponential backoff."""
    outcome = state.outcome
    retry_after = (
        "" if outcome is None or outcome.failed else outcome.result().headers.get("retry-after")
    )
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), MAX_WAIT)
    return _BACKOFF(state)


def _last_outcome(state: RetryCallState) -> httpx2.Response:
    assert state.outcome is not None
    response: httpx2.Response = state.outcome.result()
    return response


def proxy_for(server: str) -> str | None:
    """The proxy by HTTPS_PROXY and NO_PROXY, whose entries may be networks, as in kubectl. Raises
    ConfigError without the URL of the proxy, which may contain a password."""
    proxy = getproxies().get("https")
    host = urlsplit(server).hostname or ""
    if not proxy or proxy_bypass(host) or _is_within(host, getproxies().get("no", "")):
        return None
    scheme, colon, _ = proxy.partition("://")
    if colon and scheme not in ("http", "https"):
        raise ConfigError(f"HTTPS_PROXY has the scheme {scheme}: use http or https")
    return proxy if colon else f"http://{proxy}"


def _is_within(host: str, networks: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _networks(networks))


def _networks(listed: str) -> Iterator[IPv4Network | IPv6Network]:
    """Yields the networks. Skips host names, which proxy_bypass compares."""
    for entry in listed.split(","):
        if "/" in entry:
            try:
                yield ip_network(entry.strip(), strict=False)
            except ValueError:
                continue
