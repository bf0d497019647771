"""Messages to the app: docs.slack.dev/apis/events-api/using-socket-mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

_HOST = "applink-stand-in"
_ACCEPT_RESPONSE = {"slash_commands", "block_suggestion", "view_submission"}


@dataclass(frozen=True, kw_only=True)
class SocketEnvelope:
    """A payload for the app. `kind` is the payload's type. Only events have `retry_attempt`."""

    id: str
    type: str
    kind: str
    payload: Mapping[str, Any]
    retry_attempt: int | None = None

    @property
    def accepts_response_payload(self) -> bool:
        return bool({self.type, self.kind} & _ACCEPT_RESPONSE)

    def text(self) -> str:
        retry = {"retry_attempt": self.retry_attempt, "retry_reason": self._reason()}
        return orjson.dumps(
            {
                "envelope_id": self.id,
                "payload": self.payload,
                "type": self.type,
                "accepts_response_payload": self.accepts_response_payload,
                **(retry if self.type == "events_api" else {}),
            }
        ).decode()

    def _reason(self) -> str:
        return "timeout" if self.retry_attempt else ""


def slash_command(payload: Mapping[str, Any]) -> SocketEnvelope:
    return SocketEnvelope(
        id=str(uuid4()), type="slash_commands", kind="slash_commands", payload=payload
    )


def interactive(payload: Mapping[str, Any]) -> SocketEnvelope:
    return SocketEnvelope(
        id=str(uuid4()), type="interactive", kind=payload["type"], payload=payload
    )


def event(payload: Mapping[str, Any], attempt: int) -> SocketEnvelope:
    return SocketEnvelope(
        id=str(uuid4()),
        type="events_api",
        kind=payload["event"]["type"],
        payload=payload,
        retry_attempt=attempt,
    )


def hello(app_id: str, connections: int, seconds: int) -> str:
    """`seconds`: the approximate lifetime of the connection."""
    return orjson.dumps(
        {
            "type": "hello",
            "num_connections": connections,
            "debug_info": {"host": _HOST, "approximate_connection_time": seconds},
            "connection_info": {"app_id": app_id},
        }
    ).decode()


def disconnect(reason: str) -> str:
    return orjson.dumps(
        {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}
    ).decode()
