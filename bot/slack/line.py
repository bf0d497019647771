"""The line to Slack: Socket Mode."""

import json
import logging
import time
from contextlib import suppress

from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from websocket import ABNF, WebSocket, WebSocketApp, WebSocketException

from bot.core.errors import ServiceError
from bot.slack.afterwards import LULL, Afterwards
from bot.slack.api import WRONG_TOKEN, SlackError, calling
from bot.slack.app import make_app
from bot.slack.desk import Desk

PAYLOADS_AT_ONCE = 10
"""Until they are acknowledged. Hardly any of them waits for anything, so that more of them get in
each other's way: of 200 at once the slowest took longer with 50 (tried)."""

LISTENERS_AT_ONCE = 50
"""They wait for Slack most of the time."""

SECONDS_BETWEEN_PINGS = 10.0
SILENT_FOR_TOO_LONG = 30.0
"""Seconds in which no ping was answered: nobody is at the other end, though nobody hung up."""

SECONDS_TO_HANG_UP = 2.0
NORMAL_CLOSURE = (1000).to_bytes(2)
"""RFC 6455, section 7.4.1."""

MOST_IN_DISCONNECT = 1000
"""Characters of a message from Slack itself, which is short."""

_SWITCHED_OFF = (
    "Socket Mode is switched off for the app: switch it on in the app's settings under Socket Mode"
)

_log = logging.getLogger(__name__)


class _Handler(SocketModeHandler):
    """Bolt's, which trips over payloads of a form that it does not expect, and then leaves Slack
    waiting."""

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        try:
            super().handle(client, req)
        except Exception as error:  # noqa: BLE001 - whatever it is, there are other payloads
            _log.warning("What Slack sent cannot be read (%s)", type(error).__name__)
            client.send_socket_mode_response(SocketModeResponse(req.envelope_id))


class Line:
    """Reconnects by itself, in about a second, whenever Slack or the network hangs up."""

    def __init__(self, desk: Desk, app_token: str, lull: float = LULL) -> None:
        """Raises ServiceError if Slack cannot be asked who the bot is."""
        self._executor = Afterwards(LISTENERS_AT_ONCE, lull)
        handler = _Handler(
            make_app(desk, self._executor),
            app_token,
            web_client=WebClient(base_url=desk.client.base_url),
            ping_interval=SECONDS_BETWEEN_PINGS,
            concurrency=PAYLOADS_AT_ONCE,
        )
        self._client = handler.client
        self._client.socket_mode_request_listeners.append(lambda *_: self._executor.note())
        self._client.on_open_listeners.append(self._note_opening)
        self._client.on_message_listeners.append(self._overhear)
        self._socket: WebSocket | None = None
        self._opened_at = 0.0
        self._is_switched_off = False

    def connect(self) -> None:
        """Raises ServiceError if Slack does not let the bot in."""
        try:
            with calling("Connecting"):
                self._client.connect()
        except SlackError as error:
            raise about_app_token(error) from error

    def is_up(self) -> bool:
        """Raises ServiceError if it never will be."""
        if self._is_switched_off:
            raise ServiceError(_SWITCHED_OFF)
        self._hang_up_on_silence()
        return self._client.is_connected()

    def close(self) -> None:
        """Once what was heard already is done."""
        self._take_leave()
        self._client.close()
        self._executor.shutdown()

    def _take_leave(self) -> None:
        """So that Slack hangs up, which the thread that reads notices at once: it would notice only
        after ten seconds that another thread closed what it reads from."""
        client = self._client
        client.auto_reconnect_enabled = False
        client.current_session_runner.event.set()
        session = client.current_session
        if session and session.sock:
            with suppress(WebSocketException, OSError):
                session.send(NORMAL_CLOSURE, ABNF.OPCODE_CLOSE)
            client.current_session_runner.thread.join(SECONDS_TO_HANG_UP)
        self._let_go()

    def _hang_up_on_silence(self) -> None:
        session = self._client.current_session
        if session is None:
            return
        heard_at = max(self._opened_at, session.last_pong_tm)
        if session.last_ping_tm - heard_at > SILENT_FOR_TOO_LONG:
            _log.warning("Slack answers no pings: the bot connects anew")
            session.close()

    def _note_opening(self, session: WebSocketApp) -> None:
        self._let_go()
        self._socket = session.sock
        self._opened_at = time.time()

    def _let_go(self) -> None:
        """Of the last connection: websocket-client leaves those open on which the other end hung
        up first."""
        if self._socket:
            self._socket.shutdown()  # type: ignore[no-untyped-call]

    def _overhear(self, _: WebSocketApp, text: str) -> None:
        if "link_disabled" in text[:MOST_IN_DISCONNECT] and _is_disconnect(text):
            self._is_switched_off = True


def _is_disconnect(text: str) -> bool:
    try:
        said = json.loads(text)
    except ValueError:
        return False
    return (said.get("type"), said.get("reason")) == ("disconnect", "link_disabled")


def about_app_token(error: SlackError) -> ServiceError:
    if error.code in WRONG_TOKEN:
        return ServiceError(
            f"Slack does not take the token ({error.code}): set SLACK_APP_TOKEN to an app-level "
            "token (xapp-…) of the app, from its settings under Basic Information"
        )
    if error.code == "missing_scope":
        return ServiceError(
            "The app-level token in SLACK_APP_TOKEN lacks the scope connections:write: make "
            "another in the app's settings under Basic Information"
        )
    return error
