"""Socket Mode: accepts connections, sends envelopes, receives acknowledgements.

All of it runs in the event loop of the server.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.slack.faults import DeliveryFault, DeliveryTarget
from bot.playground.slack.recorded_traffic import DeliveryRecord
from bot.playground.slack.socket_mode.connections import SocketConnection, SocketConnections
from bot.playground.slack.socket_mode.envelopes import SocketEnvelope, disconnect, event, hello
from bot.playground.slack.state import WorkspaceState

DeliveryFailure = Literal["operation_timeout", "dispatch_failed"]
_CONNECTION_SECONDS = 18_060
"""The lifetime of a connection, as in Slack's hello message."""


@dataclass(frozen=True)
class Acknowledgement:
    """The app's acknowledgement of an envelope, with its answer or None."""

    payload: Mapping[str, Any] | None


@dataclass
class _PendingEnvelope:
    """A sent envelope, possibly with copies, and its first acknowledgement."""

    envelope: SocketEnvelope
    sent: float = field(default_factory=time.monotonic)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ack: Acknowledgement | None = None


class SocketModeServer:
    def __init__(self, state: WorkspaceState) -> None:
        self.connections = SocketConnections()
        self._state = state
        self._pending: dict[str, _PendingEnvelope] = {}
        self._events: set[asyncio.Task[None]] = set()

    async def serve(self, socket: WebSocket) -> None:
        """Handles one connection from the handshake to its end."""
        if not self._state.connection_tickets.redeem(socket.query_params.get("ticket", "")):
            await socket.close()
            return
        await socket.accept()
        if rejection := self._rejection():
            await socket.send_text(disconnect(rejection))
            await socket.close()
            return
        await self._listen(self.connections.add(socket))

    async def deliver(self, envelope: SocketEnvelope) -> Acknowledgement | DeliveryFailure:
        """Sends an envelope and waits `ack_timeout` seconds for its acknowledgement."""
        fault = self._fault_for(envelope)
        pending = self._add_pending(envelope)
        if not await self._send(envelope, fault):
            return "dispatch_failed"
        for _ in range(fault.copies if fault else 0):
            await self._send(self._copy(envelope, pending), None)
        await self._state.clock.wait(
            self._state.ack_timeout, lambda: pending.ack is not None, pending.wake
        )
        return pending.ack or "operation_timeout"

    def publish(self, payload: Mapping[str, Any]) -> None:
        """Delivers an event in the background, with retries."""
        task = asyncio.get_running_loop().create_task(self._publish(payload))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def redeliver(self, envelope_id: str) -> Acknowledgement | DeliveryFailure:
        """Delivers a recorded payload again; raises KeyError for an unknown envelope."""
        known = self._state.deliveries.find(envelope_id)
        return await self.deliver(
            SocketEnvelope(
                id=str(uuid4()),
                type=known.envelope,
                kind=known.kind,
                payload=known.payload,
                retry_attempt=1 if known.envelope == "events_api" else None,
            )
        )

    async def disconnect(self, reason: str, number: int | None = None) -> int:
        """Disconnects one connection, or all. Returns the number of connections.

        `warning` only announces it, `refresh_requested` and `link_disabled` close the connection,
        and `dropped` aborts it without a message.
        """
        selected = [each for each in self.connections if number in (None, each.number)]
        for connection in selected:
            if reason == "dropped":
                connection.drop()
            else:
                await connection.send(disconnect(reason))
            if reason != "warning":
                self.connections.remove(connection)
                await connection.close()
        return len(selected)

    async def send_raw(self, text: str) -> bool:
        """Sends any text to one connection. Returns whether there was one."""
        connection = self.connections.next()
        if connection is not None:
            await connection.send(text)
        return connection is not None

    def _rejection(self) -> str | None:
        if not self._state.app.manifest.is_socket_mode:
            return "link_disabled"
        return "too_many_websockets" if self.connections.is_full() else None

    async def _listen(self, connection: SocketConnection) -> None:
        try:
            await connection.send(
                hello(self._state.app.id, len(self.connections), _CONNECTION_SECONDS)
            )
            while True:
                self._receive(await connection.socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self.connections.remove(connection)

    def _receive(self, text: str) -> None:
        try:
            received = orjson.loads(text)
            pending = self._pending[received["envelope_id"]]
        except (KeyError, TypeError, ValueError):
            self._state.warn("socket", f"acknowledges an envelope that was not sent: {text[:200]}")
            return
        payload = received.get("payload")
        if payload and not pending.envelope.accepts_response_payload:
            kind = pending.envelope.kind
            self._state.warn("socket", f"answers {kind} with a payload, which Slack ignores")
        self._acknowledge(received["envelope_id"], pending, payload or None)

    def _acknowledge(
        self, envelope_id: str, pending: _PendingEnvelope, payload: Mapping[str, Any] | None
    ) -> None:
        took = time.monotonic() - pending.sent
        with self._state.lock:
            self._state.deliveries.acknowledge(envelope_id, took, payload)
        if pending.ack is None:
            pending.ack = Acknowledgement(payload)
            pending.wake.set()

    def _fault_for(self, envelope: SocketEnvelope) -> DeliveryFault | None:
        with self._state.lock:
            target = DeliveryTarget(envelope.type, envelope.kind)
            return self._state.delivery_faults.rule_for(target)

    def _add_pending(self, envelope: SocketEnvelope) -> _PendingEnvelope:
        pending = _PendingEnvelope(envelope)
        self._pending[envelope.id] = pending
        return pending

    def _copy(self, envelope: SocketEnvelope, pending: _PendingEnvelope) -> SocketEnvelope:
        copy = replace(envelope, id=str(uuid4()))
        self._pending[copy.id] = pending
        return copy

    async def _send(self, envelope: SocketEnvelope, fault: DeliveryFault | None) -> bool:
        connection = self.connections.next()
        self._record(envelope, connection)
        if connection is None:
            return False
        if fault is None:
            await connection.send(envelope.text())
        else:
            await _send_with_fault(connection, envelope, fault)
        return True

    def _record(self, envelope: SocketEnvelope, connection: SocketConnection | None) -> None:
        with self._state.lock:
            self._state.deliveries.record(
                DeliveryRecord(
                    envelope_id=envelope.id,
                    envelope=envelope.type,
                    kind=envelope.kind,
                    payload=envelope.payload,
                    connection=connection.number if connection else None,
                    at=self._state.clock.now(),
                    retry_attempt=envelope.retry_attempt,
                )
            )

    async def _publish(self, payload: Mapping[str, Any]) -> None:
        answer = await self.deliver(event(payload, 0))
        for attempt, delay in enumerate(self._state.retries_after, start=1):
            if isinstance(answer, Acknowledgement):
                return
            await self._state.clock.wait(delay, lambda: False, asyncio.Event())
            answer = await self.deliver(event(payload, attempt))


async def _send_with_fault(
    connection: SocketConnection, envelope: SocketEnvelope, fault: DeliveryFault
) -> None:
    await asyncio.sleep(fault.delay)
    text = envelope.text() if fault.body is None else fault.body
    if fault.cut == "body":
        text = text[: len(text) // 2]
    if fault.cut != "before" and not fault.lost:
        await connection.send(text)
    if fault.cut is not None:
        connection.drop()
