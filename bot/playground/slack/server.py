"""A Slack workspace on a port of this machine."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Mount, WebSocketRoute
from starlette.types import Receive, Scope, Send

from bot.playground.server import LOOPBACK, HttpServer, send_reply
from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.app import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from bot.playground.slack.control import control_routes
from bot.playground.slack.gate import Gate, Request
from bot.playground.slack.page import page_routes
from bot.playground.slack.remote import RemoteWorkspace
from bot.playground.slack.socket import Hub
from bot.playground.slack.state import State


class Workspace(State):
    """Slack's Web API and Socket Mode for one app: `with Workspace(manifest) as slack: ...`.

    The manifest is a dict, or the path of a YAML file. Leaving it raises if the stand-in itself
    misbehaved, so that no test passes on its mistakes.
    """

    def __init__(self, manifest: Mapping[str, Any] | Path, port: int = 0) -> None:
        super().__init__(manifest)
        self.hub = Hub(self)
        desk = Desk(self, self.hub, lambda: self.url)
        self._http_server = HttpServer(_application(self, desk), port, websockets=True)

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
        """What slack_sdk calls `base_url`."""
        return f"{self.url}/api/"

    @property
    def remote(self) -> RemoteWorkspace:
        """What another process would use."""
        return RemoteWorkspace(self.url)

    def environment(self) -> dict[str, str]:
        """What the app needs in its environment to come here and nowhere else."""
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": self.api_url,
        }


def _application(workspace: Workspace, desk: Desk) -> Starlette:
    return Starlette(
        routes=[
            Mount("/_control", routes=control_routes(desk)),
            WebSocketRoute("/link/", workspace.hub.serve),
            *page_routes(desk),
            Mount("/", app=_Counter(Gate(workspace), workspace)),
        ]
    )


class _Counter:
    """Takes requests of Slack's clients, and sends or withholds the answers."""

    def __init__(self, gate: Gate, workspace: Workspace) -> None:
        self._gate = gate
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        reply = self._gate.pass_through(
            Request(
                http.method,
                scope["path"],
                scope["query_string"].decode(),
                http.headers,
                await http.body(),
                self._workspace.url,
            )
        )
        await send_reply(reply, scope, send)
