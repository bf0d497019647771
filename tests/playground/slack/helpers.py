"""Helpers for the tests of the Slack stand-in."""

from collections.abc import Callable
from functools import partial
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from threading import Event
from typing import Any

import httpx2
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.playground.slack import APP_TOKEN, BOT_TOKEN, Workspace

Json = dict[str, Any]

_NO_TLS = SSLContext(PROTOCOL_TLS_CLIENT)
"""Avoids that httpx reads all trusted CA certificates for each call."""

http_get = partial(httpx2.get, verify=_NO_TLS)
http_post = partial(httpx2.post, verify=_NO_TLS)

SCOPES = [
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "chat:write.public",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "usergroups:read",
    "users:read",
]


def manifest(**settings: Any) -> Json:
    """A manifest with all features. `settings` replace keys of its settings, or `scopes`."""
    scopes = settings.pop("scopes", SCOPES)
    commands = settings.pop("commands", ["/clean"])
    return {
        "display_information": {"name": "cleaner"},
        "features": {
            "bot_user": {"display_name": "cleaner"},
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "slash_commands": [{"command": name, "description": "x"} for name in commands],
        },
        "oauth_config": {"scopes": {"bot": scopes}},
        "settings": {
            "socket_mode_enabled": True,
            "interactivity": {"is_enabled": True},
            "event_subscriptions": {
                "bot_events": ["app_home_opened", "app_mention", "message.im"],
            },
            **settings,
        },
    }


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "hello", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def field(element: Json, block_id: str = "field", **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain("Field"),
        "element": element,
        **more,
    }


def text_input(action_id: str = "name", **more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": action_id, **more}


def option(value: str, **more: Any) -> Json:
    return {"text": plain(f"Option {value}"), "value": value, **more}


def options(*values: str) -> list[Json]:
    return [option(value) for value in values]


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "title": plain("Title"),
        "submit": plain("Send"),
        "blocks": list(blocks or [section()]),
        **more,
    }


CONFIRM = {
    "title": plain("Sure?"),
    "text": mrkdwn("Deletes 3 images."),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}


def client(slack: Workspace, token: str = BOT_TOKEN) -> WebClient:
    return WebClient(token=token, base_url=slack.api_url)


def refusal(call: Callable[..., Any], **arguments: Any) -> Json:
    """The body of an error answer."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    body: Json = caught.value.response.data
    assert body["ok"] is False
    return body


def error(call: Callable[..., Any], **arguments: Any) -> str:
    return str(refusal(call, **arguments)["error"])


class Bot:
    """An app on slack_sdk's Socket Mode client, with configurable answers.

    - `answers`: payloads by kind of the received payload.
    - `silent`: kinds that the app never acknowledges.
    - `does`: functions by kind, called before the acknowledgement.
    """

    def __init__(self, slack: Workspace) -> None:
        self.web = client(slack)
        self._slack = slack
        self.received: list[SocketModeRequest] = []
        self.answers: dict[str, Json] = {}
        self.silent: set[str] = set()
        self.does: dict[str, Callable[[Json], Any]] = {}
        self._arrived = Event()
        self._socket = SocketModeClient(
            APP_TOKEN, web_client=WebClient(base_url=slack.api_url), ping_interval=0.1
        )
        self._socket.socket_mode_request_listeners.append(self._receive)

    def start(self) -> None:
        self._socket.connect()

    def stop(self) -> None:
        """Drops the connection first, since slack_sdk otherwise waits seconds for its threads."""
        self._socket.closed = True
        self._socket.auto_reconnect_enabled = False
        self._slack.remote.disconnect("dropped")
        self._socket.enqueue_message("")
        self._socket.close()

    def payloads(self, kind: str) -> list[Json]:
        return [request.payload for request in self.received if kind_of(request) == kind]

    def wait_for(self, kind: str, times: int = 1) -> list[Json]:
        """Waits until `times` payloads have arrived, and returns them."""
        while len(self.payloads(kind)) < times:
            assert self._arrived.wait(timeout=10), f"no {kind} within 10 seconds"
            self._arrived.clear()
        return self.payloads(kind)

    def _receive(self, socket: BaseSocketModeClient, request: SocketModeRequest) -> None:
        kind = kind_of(request)
        self.received.append(request)
        if do := self.does.get(kind):
            do(request.payload)
        if kind not in self.silent:
            answer = SocketModeResponse(request.envelope_id, self.answers.get(kind))
            socket.send_socket_mode_response(answer)
        self._arrived.set()


def kind_of(request: SocketModeRequest) -> str:
    if request.type == "events_api":
        return str(request.payload["event"]["type"])
    return str(request.payload.get("type", request.type))
