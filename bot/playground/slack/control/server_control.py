"""Control API: faults, calls, deliveries, connections, clock, settings, warnings and bugs."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.playground.slack.control.routing import Body, control
from bot.playground.slack.faults import CallFault, DeliveryFault
from bot.playground.slack.socket_mode import Acknowledgement
from bot.playground.slack.user_actions.context import ActionContext


@control("POST", "/faults")
def add_fault(context: ActionContext, body: Body) -> None:
    """The keys are the fields of CallFault."""
    context.state.faults.add(CallFault(**body))


@control("POST", "/delivery-faults")
def add_delivery_fault(context: ActionContext, body: Body) -> None:
    """The keys are the fields of DeliveryFault."""
    context.state.delivery_faults.add(DeliveryFault(**body))


@control("DELETE", "/faults")
def clear_faults(context: ActionContext, _body: Body) -> None:
    """Deletes faults of both kinds."""
    context.state.faults.clear()
    context.state.delivery_faults.clear()


@control("GET", "/calls")
def show_calls(context: ActionContext, _body: Body) -> Body:
    calls = context.state.calls
    return {"counts": calls.counts(), "calls": [asdict(call) for call in calls]}


@control("DELETE", "/calls")
def reset_calls(context: ActionContext, _body: Body) -> None:
    context.state.calls.reset()


@control("GET", "/deliveries")
def show_deliveries(context: ActionContext, _body: Body) -> Body:
    return {"deliveries": [asdict(delivery) for delivery in context.state.deliveries]}


@control("DELETE", "/deliveries")
def reset_deliveries(context: ActionContext, _body: Body) -> None:
    context.state.deliveries.reset()


@control("POST", "/deliveries/again")
async def deliver_again(context: ActionContext, body: Body) -> Body:
    """`{envelope_id}`: delivers the same payload in a new envelope."""
    answer = await context.socket_mode.redeliver(body["envelope_id"])
    return {"acknowledged": isinstance(answer, Acknowledgement)}


@control("POST", "/raw")
async def send_raw(context: ActionContext, body: Body) -> Body:
    """Sends `{text}`, or `{message}` as JSON, to one connection, unchecked."""
    text = body["text"] if "text" in body else orjson.dumps(body["message"]).decode()
    return {"sent": await context.socket_mode.send_raw(text)}


@control("GET", "/connections")
def show_connections(context: ActionContext, _body: Body) -> Body:
    return {"connections": [connection.number for connection in context.socket_mode.connections]}


@control("POST", "/disconnect")
async def disconnect(context: ActionContext, body: Body) -> Body:
    """`{reason}` and optionally `number`. See SocketModeServer.disconnect."""
    return {"disconnected": await context.socket_mode.disconnect(**body)}


@control("GET", "/clock")
def show_clock(context: ActionContext, _body: Body) -> Body:
    return {"now": context.state.clock.now()}


@control("PUT", "/clock")
def set_clock(context: ActionContext, body: Body) -> Body:
    """`{now}` sets the clock, `{advance}` or `{shift}` moves it by seconds, `{}` resets it.

    After `now` and `advance` the clock is stopped. After `shift` and `{}` it runs.
    """
    clock = context.state.clock
    if "now" in body:
        clock.set(datetime.fromisoformat(body["now"]))
    elif "advance" in body:
        clock.advance(timedelta(seconds=body["advance"]))
    elif "shift" in body:
        clock.shift(timedelta(seconds=body["shift"]))
    else:
        clock.follow_real_time()
    return {"now": clock.now()}


@control("PUT", "/settings")
def change_settings(context: ActionContext, body: Body) -> None:
    """`limits: false` turns rate limits off. `ack_timeout`, `retries_after`: see WorkspaceState."""
    state = context.state
    if unknown := body.keys() - {"limits", "ack_timeout", "retries_after"}:
        raise ValueError(f"unknown setting {', '.join(sorted(unknown))}")
    state.limits.enabled = bool(body.get("limits", state.limits.enabled))
    state.ack_timeout = float(body.get("ack_timeout", state.ack_timeout))
    state.retries_after = tuple(body.get("retries_after", state.retries_after))


@control("GET", "/warnings")
def show_warnings(context: ActionContext, _body: Body) -> Body:
    return {"warnings": [asdict(warning) for warning in context.state.warnings]}


@control("DELETE", "/warnings")
def reset_warnings(context: ActionContext, _body: Body) -> None:
    context.state.warnings.clear()


@control("GET", "/feed")
async def show_changes(context: ActionContext, body: Body) -> Any:
    """`?after=N`, and optionally `&wait=SECONDS` for a change."""
    after, wait = int(body.get("after", 0)), float(body.get("wait", 0))
    changes = await context.state.feed.wait_after(after, wait, context.state.clock)
    return {"changes": [asdict(change) for change in changes]}


@control("GET", "/bugs")
def show_bugs(context: ActionContext, _body: Body) -> Body:
    return {"bugs": context.state.bugs}
