"""Calls of one cluster: with a deadline, and retried after failures that may pass."""

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
"""Seconds that one attempt waits: for a connection, and for the next bytes of an answer."""

RESTARTING = "restarting"
"""In the extensions of a response with 403: whether the server answered otherwise before. An API
server that starts refuses all lists until it has read its roles."""

_MAY_PASS = {403, 429, 500, 502, 503, 504}
_BACKOFF = wait_exponential_jitter(multiplier=0.5, max=MAX_WAIT)

_NOT_SENT = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)
_PASSING_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
_PASSING_TLS_REASONS = ("UNEXPECTED_EOF_WHILE_READING", "TLSV1_ALERT_INTERNAL_ERROR")


class Deadline:
    """The moment at which a scan of one cluster gives up."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds; negative once it has passed."""
        return self._end - monotonic()


class RetryingTransport(httpx2.BaseTransport):
    """For requests that change nothing. An answer is read whole before it counts."""

    def __init__(self, transport: httpx2.BaseTransport, deadline: Deadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._listed: set[str] = set()
        self._has_failed = False
        self._retrying = Retrying(
            stop=self._is_enough,
            wait=_wait,
            retry=retry_if_exception(may_pass) | retry_if_result(_may_pass),
            retry_error_callback=_last_outcome,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._retrying.copy()(self._send, request)

    def close(self) -> None:
        self._transport.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        left = self._deadline.left()
        if left <= 0:
            raise httpx2.ReadTimeout("no time is left", request=request)
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
    """A body that may arrive slowly, but not after the deadline."""

    def __init__(self, stream: httpx2.SyncByteStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if self._deadline.left() <= 0:
                raise httpx2.ReadTimeout("no time is left")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    return (
        isinstance(error, httpx2.TransportError)
        and not isinstance(error, _NOT_SENT)
        and not is_refused_by_proxy(error)
        and not is_of_unknown_host(error)
        and tls_failure(error) is None
    )


def tls_failure(error: BaseException) -> ssl.SSLError | None:
    """A certificate or a protocol that one of the two sides refuses. None for a broken
    connection."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            passes = isinstance(cause, _PASSING_TLS) or cause.reason in _PASSING_TLS_REASONS
            return None if passes else cause
    return None


def is_of_unknown_host(error: BaseException) -> bool:
    """The name servers answered that there is no such name."""
    return any(
        isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
        for cause in _causes(error)
    )


def is_refused_by_proxy(error: BaseException) -> bool:
    """The message of httpx2's ProxyError begins with the status of the proxy's answer."""
    return isinstance(error, httpx2.ProxyError) and str(error).startswith("4")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__  # httpcore2 takes the causes off


def _timeouts(left: float) -> dict[str, float]:
    """One attempt takes at most half of the time that is left, so that a second one fits."""
    answer = min(ANSWER_WITHIN, max(left / 2, 1))
    connect = min(CONNECT_WITHIN, answer)
    return {"connect": connect, "read": answer, "write": answer, "pool": answer}


def _may_pass(response: httpx2.Response) -> bool:
    return response.status_code in _MAY_PASS


def _wait(state: RetryCallState) -> float:
    """As long as the server asks for (Retry-After in seconds), or longer from time to time."""
    outcome = state.outcome
    asked = "" if outcome is None or outcome.failed else outcome.result().headers.get("retry-after")
    return min(float(asked), MAX_WAIT) if asked and asked.isdigit() else _BACKOFF(state)


def _last_outcome(state: RetryCallState) -> httpx2.Response:
    assert state.outcome is not None
    response: httpx2.Response = state.outcome.result()
    return response


def proxy_for(server: str) -> str | None:
    """By HTTPS_PROXY and NO_PROXY, whose entries may be networks, as kubectl takes them. Raises
    ConfigError, without the proxy's URL in it: passwords stand there."""
    proxy = getproxies().get("https")
    host = urlsplit(server).hostname or ""
    if not proxy or proxy_bypass(host) or _is_within(host, getproxies().get("no", "")):
        return None
    scheme, colon, _ = proxy.partition("://")
    if colon and scheme not in ("http", "https"):
        raise ConfigError(f"HTTPS_PROXY names a proxy of kind {scheme}: http and https are known")
    return proxy if colon else f"http://{proxy}"


def _is_within(host: str, networks: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _networks(networks))


def _networks(listed: str) -> Iterator[IPv4Network | IPv6Network]:
    """What is no network is a host's name, which somebody else compares."""
    for entry in listed.split(","):
        if "/" in entry:
            try:
                yield ip_network(entry.strip(), strict=False)
            except ValueError:
                continue
