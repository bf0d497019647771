"""Socket Mode: connections come in, envelopes go out, acknowledgements come back.

Everything here runs on the server's own loop.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.slack.deliveries import Delivery
from bot.playground.slack.faults import DeliveryFault, DeliveryTarget
from bot.playground.slack.socket.connections import Connection, Connections
from bot.playground.slack.socket.envelopes import Envelope, disconnect, event, hello
from bot.playground.slack.state import State

Trouble = Literal["operation_timeout", "dispatch_failed"]
_CONNECTION_LIFE = 18_060
"""Seconds, as Slack tells in its hello."""


@dataclass(frozen=True)
class Ack:
    """What the app answered; without a payload it said no more than that it has understood."""

    payload: Mapping[str, Any] | None


@dataclass
class _Pending:
    """An envelope on its way, perhaps in several copies, and what came back first."""

    envelope: Envelope
    sent: float = field(default_factory=time.monotonic)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    ack: Ack | None = None


class Hub:
    def __init__(self, state: State) -> None:
        self.connections = Connections()
        self._state = state
        self._pending: dict[str, _Pending] = {}
        self._events: set[asyncio.Task[None]] = set()

    async def serve(self, socket: WebSocket) -> None:
        """One connection from its handshake to its end."""
        if not self._state.link_tickets.redeem(socket.query_params.get("ticket", "")):
            await socket.close()
            return
        await socket.accept()
        if refusal := self._refusal():
            await socket.send_text(disconnect(refusal))
            await socket.close()
            return
        await self._listen(self.connections.add(socket))

    async def deliver(self, envelope: Envelope) -> Ack | Trouble:
        """Sends an envelope and waits for its acknowledgement, as long as Slack does."""
        fault = self._strike(envelope)
        pending = self._expect(envelope)
        if not await self._send(envelope, fault):
            return "dispatch_failed"
        for _ in range(fault.copies if fault else 0):
            await self._send(self._copy(envelope, pending), None)
        await self._state.clock.wait(
            self._state.ack_timeout, lambda: pending.ack is not None, pending.bell
        )
        return pending.ack or "operation_timeout"

    def publish(self, payload: Mapping[str, Any]) -> None:
        """Delivers an event in the background, again and again if need be."""
        task = asyncio.get_running_loop().create_task(self._publish(payload))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def again(self, envelope_id: str) -> Ack | Trouble:
        """Delivers once more what was delivered before; raises KeyError."""
        known = self._state.deliveries.find(envelope_id)
        return await self.deliver(
            Envelope(
                id=str(uuid4()),
                type=known.envelope,
                kind=known.kind,
                payload=known.payload,
                retry_attempt=1 if known.envelope == "events_api" else None,
            )
        )

    async def disconnect(self, reason: str, number: int | None = None) -> int:
        """Ends one connection, or all; answers how many.

        `warning` only announces the end, `refresh_requested` and `link_disabled` close, and
        `dropped` breaks the line without a word.
        """
        ended = [each for each in self.connections if number in (None, each.number)]
        for connection in ended:
            if reason == "dropped":
                connection.drop()
            else:
                await connection.send(disconnect(reason))
            if reason != "warning":
                self.connections.remove(connection)
                await connection.close()
        return len(ended)

    async def send_raw(self, text: str) -> bool:
        """Sends any text to one connection; tells whether there was one."""
        connection = self.connections.next()
        if connection is not None:
            await connection.send(text)
        return connection is not None

    def _refusal(self) -> str | None:
        if not self._state.app.manifest.is_socket_mode:
            return "link_disabled"
        return "too_many_websockets" if self.connections.is_full() else None

    async def _listen(self, connection: Connection) -> None:
        try:
            await connection.send(
                hello(self._state.app.id, len(self.connections), _CONNECTION_LIFE)
            )
            while True:
                self._hear(await connection.socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self.connections.remove(connection)

    def _hear(self, text: str) -> None:
        try:
            said = orjson.loads(text)
            pending = self._pending[said["envelope_id"]]
        except (KeyError, TypeError, ValueError):
            self._state.warn("socket", f"acknowledges nothing that was sent: {text[:200]}")
            return
        payload = said.get("payload")
        if payload and not pending.envelope.accepts_response_payload:
            kind = pending.envelope.kind
            self._state.warn("socket", f"answers {kind} with a payload, which nobody reads")
        self._acknowledge(said["envelope_id"], pending, payload or None)

    def _acknowledge(
        self, envelope_id: str, pending: _Pending, payload: Mapping[str, Any] | None
    ) -> None:
        took = time.monotonic() - pending.sent
        with self._state.lock:
            self._state.deliveries.acknowledge(envelope_id, took, payload)
        if pending.ack is None:
            pending.ack = Ack(payload)
            pending.bell.set()

    def _strike(self, envelope: Envelope) -> DeliveryFault | None:
        with self._state.lock:
            target = DeliveryTarget(envelope.type, envelope.kind)
            return self._state.delivery_faults.rule_for(target)

    def _expect(self, envelope: Envelope) -> _Pending:
        pending = _Pending(envelope)
        self._pending[envelope.id] = pending
        return pending

    def _copy(self, envelope: Envelope, pending: _Pending) -> Envelope:
        copy = replace(envelope, id=str(uuid4()))
        self._pending[copy.id] = pending
        return copy

    async def _send(self, envelope: Envelope, fault: DeliveryFault | None) -> bool:
        connection = self.connections.next()
        self._record(envelope, connection)
        if connection is None:
            return False
        if fault is None:
            await connection.send(envelope.text())
        else:
            await _send_badly(connection, envelope, fault)
        return True

    def _record(self, envelope: Envelope, connection: Connection | None) -> None:
        with self._state.lock:
            self._state.deliveries.record(
                Delivery(
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
        for attempt, after in enumerate(self._state.retries_after, start=1):
            if isinstance(answer, Ack):
                return
            await self._state.clock.wait(after, lambda: False, asyncio.Event())
            answer = await self.deliver(event(payload, attempt))


async def _send_badly(connection: Connection, envelope: Envelope, fault: DeliveryFault) -> None:
    await asyncio.sleep(fault.delay)
    text = envelope.text() if fault.body is None else fault.body
    if fault.cut == "body":
        text = text[: len(text) // 2]
    if fault.cut != "before" and not fault.lost:
        await connection.send(text)
    if fault.cut is not None:
        connection.drop()
