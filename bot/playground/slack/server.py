"""A Slack workspace on a local port."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Mount, WebSocketRoute
from starlette.types import Receive, Scope, Send

from bot.playground.server import LOOPBACK, HttpServer, send_reply
from bot.playground.slack.control import control_routes
from bot.playground.slack.installed_app import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.playground.slack.page import page_routes
from bot.playground.slack.request_handler import SlackRequest, SlackRequestHandler
from bot.playground.slack.socket_mode import SocketModeServer
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.workspace_client import WorkspaceClient


class Workspace(WorkspaceState):
    """Slack's Web API and Socket Mode for one app: `with Workspace(manifest) as slack: ...`.

    The manifest is a dict, or the path of a YAML file. `__exit__` raises if the stand-in had an
    internal error, so that the test fails.
    """

    def __init__(self, manifest: Mapping[str, Any] | Path, port: int = 0) -> None:
        super().__init__(manifest)
        self.socket_mode = SocketModeServer(self)
        context = ActionContext(self, self.socket_mode, lambda: self.url)
        self._http_server = HttpServer(_application(self, context), port, websockets=True)

    def __enter__(self) -> Self:
        self._http_server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http_server.stop()
        if self.bugs and error is None:
            raise AssertionError("; ".join(self.bugs))

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._http_server.port}"

    @property
    def api_url(self) -> str:
        """The `base_url` of slack_sdk."""
        return f"{self.url}/api/"

    @property
    def remote(self) -> WorkspaceClient:
        """A client of the control API."""
        return WorkspaceClient(self.url)

    def environment(self) -> dict[str, str]:
        """The environment variables that connect the app to this workspace."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": self.api_url,
        }


def _application(workspace: Workspace, context: ActionContext) -> Starlette:
    return Starlette(
        routes=[
            Mount("/_control", routes=control_routes(context)),
            WebSocketRoute("/link/", workspace.socket_mode.serve),
            *page_routes(context),
            Mount("/", app=_HttpEndpoint(SlackRequestHandler(workspace), workspace)),
        ]
    )


class _HttpEndpoint:
    """ASGI application for the app's requests."""

    def __init__(self, handler: SlackRequestHandler, workspace: Workspace) -> None:
        self._handler = handler
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        reply = self._handler.handle(
            SlackRequest(
                http.method,
                scope["path"],
                scope["query_string"].decode(),
                http.headers,
                await http.body(),
                self._workspace.url,
            )
        )
        await send_reply(reply, scope, send)
