"""The stand-in's own door for other processes, under `/_control`: JSON in, JSON out.

A body's keys are the keyword arguments of the world's methods; keys that end in `_at`, and `at`
and `now`, are ISO 8601 times. A wrong body answers 400 and says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.aws.ecr.manifest import Manifest
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.faults import Fault
from bot.playground.aws.world import World

Body = dict[str, Any]
Control = Callable[[World, Body], Any]

_CONTROLS: list[tuple[str, str, Control]] = []


def control_routes(world: World) -> list[BaseRoute]:
    return [
        Route(path, _endpoint(world, control), methods=[method])
        for method, path, control in _CONTROLS
    ]


def _control(method: str, path: str) -> Callable[[Control], Control]:
    def register(control: Control) -> Control:
        _CONTROLS.append((method, path, control))
        return control

    return register


def _endpoint(world: World, control: Control) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            arguments = dict(request.query_params) | (orjson.loads(body) if body else {})
            with world.lock:
                result = control(world, _with_times(arguments))
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": repr(error)}, 400)
        return _json(result if result is not None else {})

    return endpoint


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")


def _with_times(arguments: Mapping[str, Any]) -> Body:
    return {name: _time(value) if _is_time(name) else value for name, value in arguments.items()}


def _is_time(name: str) -> bool:
    return name in ("at", "now") or name.endswith("_at")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _place(body: Body) -> Body:
    """Takes `account` and `region` out of the body, where they are given."""
    return {name: body.pop(name) for name in ("account", "region") if name in body}


def _repository(world: World, body: Body) -> Repository:
    return world.repository(body.pop("repository"), **_place(body))


@_control("POST", "/repositories")
def create_repository(world: World, body: Body) -> Body:
    repository = world.create_repository(**body)
    return {"arn": repository.arn, "uri": repository.uri}


@_control("GET", "/repositories")
def show_repository(world: World, body: Body) -> Body:
    """`?repository=NAME` and perhaps `&account=…&region=…`."""
    repository = _repository(world, body)
    repository.settle(world.clock.now())
    return {
        "uri": repository.uri,
        "mutability": repository.mutability,
        "tags": repository.digest_by_tag,
        "manifests": [_shown(repository, each) for each in repository.manifests.values()],
    }


def _shown(repository: Repository, manifest: Manifest) -> Body:
    return {
        "digest": manifest.digest,
        "tags": sorted(manifest.tags),
        "media_type": manifest.media_type,
        "children": manifest.children,
        "subject": manifest.subject,
        "size": repository.size_of(manifest),
        "pushed_at": manifest.pushed_at,
        "pulled_at": manifest.pulled_at,
        "status": manifest.status,
        "archived_at": manifest.archived_at,
    }


@_control("POST", "/manifests")
def push(world: World, body: Body) -> Body:
    """`manifests`: a list of `{manifest, tags, pushed_at, pulled_at, archived_at, media_type}`."""
    repository = _repository(world, body)
    pushes = [_with_times(each) for each in body["manifests"]]
    return {"digests": [world.push(repository, each.pop("manifest"), **each) for each in pushes]}


@_control("DELETE", "/manifests")
def remove(world: World, body: Body) -> None:
    world.remove(_repository(world, body), **body)


@_control("POST", "/tags")
def retag(world: World, body: Body) -> None:
    world.retag(_repository(world, body), **body)


@_control("POST", "/pulls")
def pull(world: World, body: Body) -> None:
    world.pull(_repository(world, body), **body)


@_control("POST", "/archive")
def archive(world: World, body: Body) -> None:
    world.archive(_repository(world, body), **body)


@_control("POST", "/denials")
def deny(world: World, body: Body) -> None:
    world.deny(**body)


@_control("POST", "/grants")
def grant(world: World, body: Body) -> None:
    world.grant(**body)


@_control("DELETE", "/access")
def forget_access(world: World, _body: Body) -> None:
    """Takes back all denials and grants."""
    world.access.clear()


@_control("POST", "/faults")
def add_fault(world: World, body: Body) -> None:
    """The keys are those of `Fault`."""
    unknown = body.keys() - {field.name for field in fields(Fault) if field.init}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    world.faults.add(Fault(**body))


@_control("DELETE", "/faults")
def clear_faults(world: World, _body: Body) -> None:
    world.faults.clear()


@_control("GET", "/calls")
def show_calls(world: World, _body: Body) -> Body:
    calls = [{**asdict(call), "params": dict(call.params)} for call in world.calls]
    return {"counts": world.calls.counts(), "calls": calls}


@_control("DELETE", "/calls")
def reset_calls(world: World, _body: Body) -> None:
    world.calls.reset()


@_control("GET", "/clock")
def show_clock(world: World, _body: Body) -> Body:
    return {"now": world.clock.now()}


@_control("PUT", "/clock")
def set_clock(world: World, body: Body) -> Body:
    """`{now}` sets it, `{advance}` moves it on by seconds, `{}` lets it follow real time."""
    if "now" in body:
        world.clock.set(body["now"])
    elif "advance" in body:
        world.clock.advance(timedelta(seconds=body["advance"]))
    else:
        world.clock.follow_real_time()
    return {"now": world.clock.now()}


@_control("PUT", "/settings")
def set_account_setting(world: World, body: Body) -> None:
    world.set_account_setting(**body)


@_control("PUT", "/pull-refresh")
def set_pull_refresh(world: World, body: Body) -> None:
    world.pull_refresh = timedelta(seconds=body["seconds"])


@_control("POST", "/exclusions")
def exclude_pull_times(world: World, body: Body) -> None:
    world.exclude_pull_times(**body)


@_control("POST", "/users")
def add_user(world: World, body: Body) -> Body:
    return {"arn": world.identities.add_user(**body).arn}


@_control("POST", "/roles")
def add_role(world: World, body: Body) -> Body:
    return {"arn": world.identities.add_role(**body).arn}


@_control("GET", "/sessions")
def show_sessions(world: World, _body: Body) -> Body:
    return {"sessions": [asdict(session) for session in world.identities.sessions]}


@_control("GET", "/bugs")
def show_bugs(world: World, _body: Body) -> Body:
    return {"bugs": world.bugs}
