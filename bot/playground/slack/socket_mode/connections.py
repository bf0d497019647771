"""The app's open Socket Mode connections."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    import asyncio

MAX_CONNECTIONS = 10


@dataclass(frozen=True, eq=False)
class SocketConnection:
    """One WebSocket. Numbers start at 1."""

    number: int
    socket: WebSocket

    async def send(self, text: str) -> None:
        """Sends the text. On a closed connection it is lost, as on a real network."""
        try:
            await self.socket.send_text(text)
        except (RuntimeError, WebSocketDisconnect):
            return

    async def close(self) -> None:
        try:
            await self.socket.close()
        except (RuntimeError, WebSocketDisconnect):
            return

    def drop(self) -> None:
        """Aborts the connection without a message."""
        cast("asyncio.Transport", self.socket.scope["state"]["transport"]).abort()


class SocketConnections:
    """Selects one connection for each envelope, in turn."""

    def __init__(self) -> None:
        self._connections: list[SocketConnection] = []
        self._opened = 0
        self._turns = 0

    def is_full(self) -> bool:
        return len(self._connections) >= MAX_CONNECTIONS

    def add(self, socket: WebSocket) -> SocketConnection:
        self._opened += 1
        connection = SocketConnection(self._opened, socket)
        self._connections.append(connection)
        return connection

    def remove(self, connection: SocketConnection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def next(self) -> SocketConnection | None:
        if not self._connections:
            return None
        self._turns += 1
        return self._connections[self._turns % len(self._connections)]

    def __iter__(self) -> Iterator[SocketConnection]:
        return iter(tuple(self._connections))

    def __len__(self) -> int:
        return len(self._connections)
