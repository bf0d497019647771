"""What every payload goes through on its way to Slack: secrets are removed, and characters are made
visible that would turn or hide what stands beside them."""

from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot import outgoing

_NOT_SHOWN = frozenset({"initial_value", "private_metadata", "value"})
"""What comes back to the bot as it was sent."""

_CREDENTIAL = "token"
"""The argument of a method by which a call is authenticated."""


class OutgoingClient(WebClient):
    """Every method of Slack's Web API goes through `api_call`."""

    def api_call(self, api_method: str, **options: Any) -> SlackResponse:
        for kind in ("data", "json", "params"):
            if options.get(kind):
                options[kind] = safe(options[kind])
        return super().api_call(api_method, **options)


def safe(payload: Any) -> Any:
    """A payload of Slack, with every text in it safe to show."""
    match payload:
        case str():
            return outgoing.lines(payload)
        case dict():
            return {key: _safe_at(key, each) for key, each in payload.items()}
        case list() | tuple():
            return [safe(each) for each in payload]
        case _:
            return payload


def _safe_at(key: Any, value: Any) -> Any:
    if key == _CREDENTIAL:
        return value
    if key in _NOT_SHOWN and isinstance(value, str):
        return outgoing.redacted(value)
    return safe(value)
