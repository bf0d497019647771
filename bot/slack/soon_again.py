"""Patience for people who wait."""

from typing import Any

from slack_sdk.http_retry import HttpResponse
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

SECONDS = 1
"""slack_sdk adds up to one more. A window has to be open within three, and a thread that sleeps is
missing to others."""


class SoonAgain(RateLimitErrorRetryHandler):
    """Tries once more where Slack wants it to wait no longer than that."""

    def _can_retry(self, *, response: HttpResponse | None = None, **call: Any) -> bool:
        return super()._can_retry(response=response, **call) and _wait(response) <= SECONDS


def _wait(response: HttpResponse | None) -> float:
    """Infinite if nobody says."""
    headers = response.headers if response else {}
    told = [values[0] for name, values in headers.items() if name.lower() == "retry-after"]
    return float(told[0]) if told and told[0].isdecimal() else float("inf")
