"""An HTTP server on a local port, in a thread, that can also drop or delay its answers."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLContext
from threading import Event, Thread
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.playground.faults import ConnectionCut

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class HttpReply:
    """An answer, with the delay (in seconds) and the cut to inject."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    delay: float = 0
    cut: ConnectionCut | None = None


class HttpServer:
    """Serves an application from `start` to `stop`. Port 0 takes a free port."""

    def __init__(
        self,
        app: ASGIApp,
        port: int = 0,
        tls: SSLContext | None = None,
        *,
        websockets: bool = False,
    ) -> None:
        self.port = port
        self._server = _UvicornServer(_config(app, tls, websockets=websockets))
        self._thread = Thread(target=self._serve, daemon=True)
        self._socket: socket.socket | None = None

    def start(self) -> None:
        self._socket = _listening_socket(self.port)
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        if not self._server.ready.wait(timeout=10):
            raise RuntimeError("the stand-in did not start within 10 seconds")

    def stop(self) -> None:
        assert self._socket is not None
        self._server.request_shutdown()
        self._thread.join(timeout=10)
        self._socket.close()

    def _serve(self) -> None:
        assert self._socket is not None
        self._server.run([self._socket])


def serve_until_interrupted(address: str) -> None:
    """Prints the address as the first line, for the process that started this one."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    try:
        Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")


async def send_reply(reply: HttpReply, scope: Scope, send: Send) -> None:
    """Sends the answer, or drops the connection if the reply is cut."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.cut in ("before", "after"):
        await _close_connection(scope)
    else:
        await _send(reply, scope, send)


async def _send(reply: HttpReply, scope: Scope, send: Send) -> None:
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
        await _close_connection(scope)
    else:
        await send({"type": "http.response.body", "body": reply.body})


async def _close_connection(scope: Scope) -> None:
    """Closes uvicorn's connection, after the data that was already written is sent."""
    cast("asyncio.Transport", scope["state"]["transport"]).close()
    await asyncio.sleep(0)


def _config(app: ASGIApp, tls: SSLContext | None, *, websockets: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_AbortableProtocol,
        loop="asyncio",
        lifespan="off",
        ws="websockets-sansio" if websockets else "none",
        ws_ping_interval=10,
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=300,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
    )


def _listening_socket(port: int) -> socket.socket:
    """With `IPPROTO_TCP`, asyncio disables Nagle's algorithm, which costs 40 ms a call."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


class _AbortableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which also lets the application close the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _UvicornServer(uvicorn.Server):
    """uvicorn in a thread. Start and shutdown are signaled by events instead of polling."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shutdown_requested: asyncio.Event | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self._shutdown_requested = asyncio.Event()
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drops all connections and tasks at once, without waiting for open requests."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, asyncio.sleep(0), return_exceptions=True)

    async def main_loop(self) -> None:
        assert self._shutdown_requested is not None
        await self._shutdown_requested.wait()

    def request_shutdown(self) -> None:
        assert self._loop is not None
        assert self._shutdown_requested is not None
        self._loop.call_soon_threadsafe(self._shutdown_requested.set)
