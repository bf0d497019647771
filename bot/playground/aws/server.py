"""The stand-in as a server: on a thread for tests and the demo, or in the foreground."""

import asyncio
import socket
from threading import Event, Thread
from types import TracebackType
from typing import Self, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.playground.aws.control import control_routes
from bot.playground.aws.gate import Gate, Reply
from bot.playground.aws.identity import DEFAULT_KEY
from bot.playground.aws.protocols import Request
from bot.playground.aws.world import DEFAULT_REGION, World

LOOPBACK = "127.0.0.1"


class StandIn:
    """AWS on a port of this machine: `with StandIn() as aws: ...`.

    Leaving it raises if the stand-in itself misbehaved, so that no test passes on its mistakes.
    """

    def __init__(self, world: World | None = None, port: int = 0) -> None:
        self.world = world or World()
        self._port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self._socket = listening_socket(self._port)
        self._port = self._socket.getsockname()[1]
        self._server = _Server(server_config(self.world))
        self._thread = Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        if not self._server.ready.wait(timeout=10):
            raise RuntimeError("the stand-in did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        assert self._socket is not None
        self._server.leave()
        self._thread.join(timeout=10)
        self._socket.close()
        if self.world.bugs and error is None:
            raise AssertionError("; ".join(self.world.bugs))

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def environment(self, access_key: str = DEFAULT_KEY) -> dict[str, str]:
        """What boto3 needs in its environment to come here and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": DEFAULT_REGION,
            "AWS_DEFAULT_REGION": DEFAULT_REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def server_config(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        application(world),
        http=_AbortableProtocol,
        loop="asyncio",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=300,
    )


def application(world: World) -> Starlette:
    return Starlette(
        routes=[
            Mount("/_control", routes=control_routes(world)),
            Mount("/", app=_Counter(Gate(world))),
        ]
    )


def listening_socket(port: int) -> socket.socket:
    """A socket that says it is TCP: only then asyncio turns Nagle's 40 ms a call off."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(256)
    return listener


class _Counter:
    """Takes requests of AWS's clients, and sends or withholds the answers."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        reply = self._gate.pass_through(
            Request(
                http.method,
                scope["raw_path"].decode(),
                scope["query_string"].decode(),
                http.headers,
                await http.body(),
            )
        )
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.cut in ("before", "after"):
            await _hang_up(scope)
        else:
            await _send(reply, scope, send)


async def _send(reply: Reply, scope: Scope, send: Send) -> None:
    headers = {**reply.headers, "content-length": str(len(reply.body))}
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    if reply.cut == "body":
        half = reply.body[: len(reply.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope)
    else:
        await send({"type": "http.response.body", "body": reply.body})


async def _hang_up(scope: Scope) -> None:
    """Closes the connection under uvicorn, after what was already written has been sent."""
    cast("asyncio.Transport", scope["state"]["transport"]).close()
    await asyncio.sleep(0)


class _AbortableProtocol(H11Protocol):
    """uvicorn's own HTTP protocol; it lets the application hang up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """uvicorn on a thread, told at once to start and to leave instead of by polling."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving: asyncio.Event | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._leaving = asyncio.Event()
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drops everything at once: nobody waits for the answers of a stand-in that leaves."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, asyncio.sleep(0), return_exceptions=True)

    async def main_loop(self) -> None:
        assert self._leaving is not None
        await self._leaving.wait()

    def leave(self) -> None:
        assert self._loop is not None
        assert self._leaving is not None
        self._loop.call_soon_threadsafe(self._leaving.set)
