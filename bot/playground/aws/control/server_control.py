"""Control API: access, faults, calls, clock, identities, sessions and bugs."""

from dataclasses import asdict, fields
from datetime import timedelta

from bot.playground.aws.aws_state import AwsState
from bot.playground.aws.control.routing import Body, control
from bot.playground.aws.faults import Fault


@control("POST", "/denials")
def deny(world: AwsState, body: Body) -> None:
    world.deny(**body)


@control("POST", "/grants")
def grant(world: AwsState, body: Body) -> None:
    world.grant(**body)


@control("DELETE", "/access")
def clear_access(world: AwsState, _body: Body) -> None:
    """Deletes all deny rules and grants."""
    world.access.clear()


@control("POST", "/faults")
def add_fault(world: AwsState, body: Body) -> None:
    """The keys are the fields of Fault."""
    unknown = body.keys() - {field.name for field in fields(Fault) if field.init}
    if unknown:
        raise ValueError(f"unknown fault fields: {', '.join(sorted(unknown))}")
    world.faults.add(Fault(**body))


@control("DELETE", "/faults")
def clear_faults(world: AwsState, _body: Body) -> None:
    world.faults.clear()


@control("GET", "/calls")
def show_calls(world: AwsState, _body: Body) -> Body:
    calls = [{**asdict(call), "params": dict(call.params)} for call in world.calls]
    return {"counts": world.calls.counts(), "calls": calls}


@control("DELETE", "/calls")
def reset_calls(world: AwsState, _body: Body) -> None:
    world.calls.reset()


@control("GET", "/clock")
def show_clock(world: AwsState, _body: Body) -> Body:
    return {"now": world.clock.now()}


@control("PUT", "/clock")
def set_clock(world: AwsState, body: Body) -> Body:
    """`{now}` sets the clock, `{advance}` advances it by seconds, `{}` resets it to real time."""
    if "now" in body:
        world.clock.set(body["now"])
    elif "advance" in body:
        world.clock.advance(timedelta(seconds=body["advance"]))
    else:
        world.clock.follow_real_time()
    return {"now": world.clock.now()}


@control("PUT", "/pull-refresh")
def set_pull_refresh(world: AwsState, body: Body) -> None:
    world.pull_refresh = timedelta(seconds=body["seconds"])


@control("POST", "/users")
def add_user(world: AwsState, body: Body) -> Body:
    return {"arn": world.identities.add_user(**body).arn}


@control("POST", "/roles")
def add_role(world: AwsState, body: Body) -> Body:
    return {"arn": world.identities.add_role(**body).arn}


@control("GET", "/sessions")
def show_sessions(world: AwsState, _body: Body) -> Body:
    return {"sessions": [asdict(session) for session in world.identities.sessions]}


@control("GET", "/bugs")
def show_bugs(world: AwsState, _body: Body) -> Body:
    return {"bugs": world.bugs}
