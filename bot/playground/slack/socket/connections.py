"""The app's open connections, and who is next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    import asyncio

MOST_CONNECTIONS = 10


@dataclass(frozen=True, eq=False)
class Connection:
    """One WebSocket; numbers count upwards from 1."""

    number: int
    socket: WebSocket

    async def send(self, text: str) -> None:
        """What cannot be sent any more is lost, as it is on a real network."""
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
        """Breaks the line without a word, so that the other end has to notice."""
        cast("asyncio.Transport", self.socket.scope["state"]["transport"]).abort()


class Connections:
    """An envelope goes to one connection; they take turns."""

    def __init__(self) -> None:
        self._connections: list[Connection] = []
        self._opened = 0
        self._turns = 0

    def is_full(self) -> bool:
        return len(self._connections) >= MOST_CONNECTIONS

    def add(self, socket: WebSocket) -> Connection:
        self._opened += 1
        connection = Connection(self._opened, socket)
        self._connections.append(connection)
        return connection

    def remove(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)

    def next(self) -> Connection | None:
        if not self._connections:
            return None
        self._turns += 1
        return self._connections[self._turns % len(self._connections)]

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections))

    def __len__(self) -> int:
        return len(self._connections)
