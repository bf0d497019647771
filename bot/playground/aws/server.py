"""The AWS stand-in as an HTTP server."""

from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from bot.playground.aws.aws_state import DEFAULT_REGION, AwsState
from bot.playground.aws.control import control_routes
from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.aws.protocols import AwsRequest
from bot.playground.aws.request_handler import AwsRequestHandler
from bot.playground.server import LOOPBACK, HttpServer, send_reply


class AwsStandIn:
    """AWS on a local port: `with AwsStandIn() as aws: ...`.

    `__exit__` raises if the stand-in had an internal error, so that the test fails.
    """

    def __init__(self, world: AwsState | None = None, port: int = 0) -> None:
        self.world = world or AwsState()
        self._http_server = HttpServer(application(self.world), port)

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
        if self.world.bugs and error is None:
            raise AssertionError("; ".join(self.world.bugs))

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._http_server.port}"

    def environment(self, access_key: str = DEFAULT_KEY) -> dict[str, str]:
        """The environment variables that connect boto3 to this stand-in."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": DEFAULT_REGION,
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def application(world: AwsState) -> Starlette:
    return Starlette(
        routes=[
            Mount("/_control", routes=control_routes(world)),
            Mount("/", app=_HttpEndpoint(AwsRequestHandler(world))),
        ]
    )


class _HttpEndpoint:
    """ASGI application for AWS requests."""

    def __init__(self, handler: AwsRequestHandler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = Request(scope, receive)
        reply = self._handler.handle(
            AwsRequest(
                http.method,
                scope["raw_path"].decode(),
                scope["query_string"].decode(),
                http.headers,
                await http.body(),
            )
        )
        await send_reply(reply, scope, send)
