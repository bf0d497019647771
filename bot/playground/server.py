"""HTTP on a port of this machine, on a thread, by a server that can also behave badly."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLContext
from threading import Event, Thread
from typing import cast

import uvicorn
from starlette.types import ASGIApp, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.playground.faults import Cut

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Reply:
    """What to send, and how badly to send it."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    delay: float = 0
    cut: Cut | None = None


class Host:
    """Serves an application from `start` to `stop`; port 0 takes a free one."""

    def __init__(
        self,
        app: ASGIApp,
        port: int = 0,
        tls: SSLContext | None = None,
        *,
        websockets: bool = False,
    ) -> None:
        self.port = port
        self._server = _Server(_config(app, tls, websockets=websockets))
        self._thread = Thread(target=self._serve, daemon=True)
        self._socket: socket.socket | None = None

    def start(self) -> None:
        self._socket = _listening_socket(self.port)
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        if not self._server.ready.wait(timeout=10):
            raise RuntimeError("the stand-in did not start")

    def stop(self) -> None:
        assert self._socket is not None
        self._server.leave()
        self._thread.join(timeout=10)
        self._socket.close()

    def _serve(self) -> None:
        assert self._socket is not None
        self._server.run([self._socket])


async def send_reply(reply: Reply, scope: Scope, send: Send) -> None:
    """Sends or withholds an answer."""
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
    """A socket that says it is TCP: only then asyncio turns Nagle's 40 ms a call off."""
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
            connection.transport.abort()
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
