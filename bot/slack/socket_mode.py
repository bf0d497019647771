"""The connection to Slack by Socket Mode."""

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
from bot.slack.api import WRONG_TOKEN, SlackError, calling
from bot.slack.app import make_app
from bot.slack.listener import QUIET_SECONDS, ListenerExecutor
from bot.slack.listener_context import SlackContext

PAYLOADS_AT_ONCE = 10
"""Threads that acknowledge payloads. They hardly wait, so more threads do not help. Measured with
200 payloads at once: the slowest acknowledgement takes longer with 50 threads than with 10."""

LISTENERS_AT_ONCE = 50
"""Threads that run listeners; they mostly wait for Slack."""

SECONDS_BETWEEN_PINGS = 10.0
PONG_TIMEOUT = 30.0
"""Seconds without an answer to a ping, after which the connection counts as dead."""

CLOSE_TIMEOUT = 2.0
"""Seconds."""

NORMAL_CLOSURE = (1000).to_bytes(2)
"""RFC 6455, section 7.4.1."""

MOST_IN_DISCONNECT = 1000
"""Characters. Slack's disconnect messages are short."""

_SOCKET_MODE_DISABLED = (
    "Socket Mode is disabled for the app: enable it in the app's settings under Socket Mode"
)

_log = logging.getLogger(__name__)


class FaultTolerantSocketHandler(SocketModeHandler):
    """Acknowledges payloads of an unexpected form. Bolt's handler fails on them without an
    acknowledgement."""

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        try:
            super().handle(client, req)
        except Exception as error:  # noqa: BLE001 - the next payload is handled
            _log.warning("Slack sent an unreadable payload (%s)", type(error).__name__)
            client.send_socket_mode_response(SocketModeResponse(req.envelope_id))


class SlackConnection:
    """The bot's connection. Reconnects about a second after the connection is closed."""

    def __init__(
        self, context: SlackContext, app_token: str, quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        """Raises ServiceError if Slack does not identify the bot."""
        self._executor = ListenerExecutor(LISTENERS_AT_ONCE, quiet_seconds)
        handler = FaultTolerantSocketHandler(
            make_app(context, self._executor),
            app_token,
            web_client=WebClient(base_url=context.client.base_url),
            ping_interval=SECONDS_BETWEEN_PINGS,
            concurrency=PAYLOADS_AT_ONCE,
        )
        self._client = handler.client
        self._client.socket_mode_request_listeners.append(
            lambda *_: self._executor.note_acknowledgement()
        )
        self._client.on_open_listeners.append(self._set_socket)
        self._client.on_message_listeners.append(self._check_if_disabled)
        self._socket: WebSocket | None = None
        self._opened_at = 0.0
        self._is_disabled = False

    def connect(self) -> None:
        """Raises ServiceError if Slack refuses the connection."""
        try:
            with calling("Connecting"):
                self._client.connect()
        except SlackError as error:
            raise with_app_token_fix(error) from error

    def is_up(self) -> bool:
        """Raises ServiceError if Socket Mode is disabled."""
        if self._is_disabled:
            raise ServiceError(_SOCKET_MODE_DISABLED)
        self._close_if_dead()
        return self._client.is_connected()

    def close(self) -> None:
        """Waits for running listeners."""
        self._request_close()
        self._client.close()
        self._executor.shutdown()

    def _request_close(self) -> None:
        """Asks Slack to close the connection, which the reading thread notices immediately. It
        notices a socket closed by another thread only after ten seconds."""
        client = self._client
        client.auto_reconnect_enabled = False
        client.current_session_runner.event.set()
        session = client.current_session
        if session and session.sock:
            with suppress(WebSocketException, OSError):
                session.send(NORMAL_CLOSURE, ABNF.OPCODE_CLOSE)
            client.current_session_runner.thread.join(CLOSE_TIMEOUT)
        self._shut_socket()

    def _close_if_dead(self) -> None:
        session = self._client.current_session
        if session is None:
            return
        answered_at = max(self._opened_at, session.last_pong_tm)
        if session.last_ping_tm - answered_at > PONG_TIMEOUT:
            _log.warning("Slack does not answer pings: the bot reconnects")
            session.close()

    def _set_socket(self, session: WebSocketApp) -> None:
        self._shut_socket()
        self._socket = session.sock
        self._opened_at = time.time()

    def _shut_socket(self) -> None:
        """websocket-client leaves a socket open if the server closed the connection first."""
        if self._socket:
            self._socket.shutdown()  # type: ignore[no-untyped-call]

    def _check_if_disabled(self, _: WebSocketApp, text: str) -> None:
        if "link_disabled" in text[:MOST_IN_DISCONNECT] and _is_disconnect(text):
            self._is_disabled = True


def _is_disconnect(text: str) -> bool:
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return (message.get("type"), message.get("reason")) == ("disconnect", "link_disabled")


def with_app_token_fix(error: SlackError) -> ServiceError:
    """The error, with a fix for SLACK_APP_TOKEN if the token is the cause."""
    if error.code in WRONG_TOKEN:
        return ServiceError(
            f"Slack rejects the token ({error.code}): set SLACK_APP_TOKEN to an app-level token "
            "(xapp-…) of the app, from its settings under Basic Information"
        )
    if error.code == "missing_scope":
        return ServiceError(
            "The app-level token in SLACK_APP_TOKEN lacks the scope connections:write: create a "
            "new token in the app's settings under Basic Information"
        )
    return error
