"""Tries again what may pass by itself."""

import httpx2
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    wait_exponential_jitter,
)

ATTEMPTS = 6
LONGEST_WAIT = 30
"""Seconds."""

_MAY_PASS = {429, 500, 502, 503, 504}
_BACKOFF = wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT)


class PatientTransport(httpx2.BaseTransport):
    """For requests that change nothing. An answer is read whole before it counts."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport
        self._patiently = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=retry_if_exception_type(httpx2.TransportError) | retry_if_result(_may_pass),
            retry_error_callback=_last_outcome,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._patiently.copy()(self._send, request)

    def close(self) -> None:
        self._transport.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        response = self._transport.handle_request(request)
        response.read()
        return response


def _may_pass(response: httpx2.Response) -> bool:
    return response.status_code in _MAY_PASS


def _wait(state: RetryCallState) -> float:
    """As long as the server asks for (Retry-After in seconds), or longer from time to time."""
    outcome = state.outcome
    asked = "" if outcome is None or outcome.failed else outcome.result().headers.get("retry-after")
    return min(float(asked), LONGEST_WAIT) if asked and asked.isdigit() else _BACKOFF(state)


def _last_outcome(state: RetryCallState) -> httpx2.Response:
    assert state.outcome is not None
    response: httpx2.Response = state.outcome.result()
    return response
