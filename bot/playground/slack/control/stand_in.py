"""The stand-in itself: faults, calls, deliveries, connections, the clock, and its own mistakes."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.control.door import Body, control
from bot.playground.slack.faults import DeliveryFault, Fault
from bot.playground.slack.socket import Ack


@control("POST", "/faults")
def add_fault(desk: Desk, body: Body) -> None:
    """The keys are those of Fault."""
    desk.state.faults.add(Fault(**body))


@control("POST", "/delivery-faults")
def add_delivery_fault(desk: Desk, body: Body) -> None:
    """The keys are those of DeliveryFault."""
    desk.state.delivery_faults.add(DeliveryFault(**body))


@control("DELETE", "/faults")
def clear_faults(desk: Desk, _body: Body) -> None:
    """Of both kinds."""
    desk.state.faults.clear()
    desk.state.delivery_faults.clear()


@control("GET", "/calls")
def show_calls(desk: Desk, _body: Body) -> Body:
    calls = desk.state.calls
    return {"counts": calls.counts(), "calls": [asdict(call) for call in calls]}


@control("DELETE", "/calls")
def reset_calls(desk: Desk, _body: Body) -> None:
    desk.state.calls.reset()


@control("GET", "/deliveries")
def show_deliveries(desk: Desk, _body: Body) -> Body:
    return {"deliveries": [asdict(delivery) for delivery in desk.state.deliveries]}


@control("DELETE", "/deliveries")
def reset_deliveries(desk: Desk, _body: Body) -> None:
    desk.state.deliveries.reset()


@control("POST", "/deliveries/again")
async def deliver_again(desk: Desk, body: Body) -> Body:
    """`{envelope_id}`: the same payload in a new envelope."""
    answer = await desk.hub.again(body["envelope_id"])
    return {"acknowledged": isinstance(answer, Ack)}


@control("POST", "/raw")
async def send_raw(desk: Desk, body: Body) -> Body:
    """`{text}`, or `{message}` as JSON, to one connection: forged, cut, or whatever it is."""
    text = body["text"] if "text" in body else orjson.dumps(body["message"]).decode()
    return {"sent": await desk.hub.send_raw(text)}


@control("GET", "/connections")
def show_connections(desk: Desk, _body: Body) -> Body:
    return {"connections": [connection.number for connection in desk.hub.connections]}


@control("POST", "/disconnect")
async def disconnect(desk: Desk, body: Body) -> Body:
    """`{reason}` and perhaps `number`; see Hub.disconnect."""
    return {"disconnected": await desk.hub.disconnect(**body)}


@control("GET", "/clock")
def show_clock(desk: Desk, _body: Body) -> Body:
    return {"now": desk.state.clock.now()}


@control("PUT", "/clock")
def set_clock(desk: Desk, body: Body) -> Body:
    """`{now}` sets it, `{advance}` or `{shift}` moves it by seconds, `{}` follows real time.

    After `advance` it stands still; after `shift` it goes on running.
    """
    clock = desk.state.clock
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
def change_settings(desk: Desk, body: Body) -> None:
    """`limits: false` switches rate limits off; `ack_timeout`, `retries_after`: see State."""
    state = desk.state
    if unknown := body.keys() - {"limits", "ack_timeout", "retries_after"}:
        raise ValueError(f"there is no setting {', '.join(sorted(unknown))}")
    state.limits.enabled = bool(body.get("limits", state.limits.enabled))
    state.ack_timeout = float(body.get("ack_timeout", state.ack_timeout))
    state.retries_after = tuple(body.get("retries_after", state.retries_after))


@control("GET", "/warnings")
def show_warnings(desk: Desk, _body: Body) -> Body:
    return {"warnings": [asdict(warning) for warning in desk.state.warnings]}


@control("DELETE", "/warnings")
def forgive(desk: Desk, _body: Body) -> None:
    desk.state.warnings.clear()


@control("GET", "/feed")
async def follow(desk: Desk, body: Body) -> Any:
    """`?after=N`, and perhaps `&wait=SECONDS` until there is something."""
    after, wait = int(body.get("after", 0)), float(body.get("wait", 0))
    changes = await desk.state.feed.wait_after(after, wait, desk.state.clock)
    return {"changes": [asdict(change) for change in changes]}


@control("GET", "/bugs")
def show_bugs(desk: Desk, _body: Body) -> Body:
    return {"bugs": desk.state.bugs}
