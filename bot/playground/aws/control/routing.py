"""Registers functions as routes of the control API: JSON requests and answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.aws.aws_state import AwsState

Body = dict[str, Any]
ControlHandler = Callable[[AwsState, Body], Any]

_HANDLERS: list[tuple[str, str, ControlHandler]] = []


def control_routes(world: AwsState) -> list[BaseRoute]:
    return [
        Route(path, _endpoint(world, handler), methods=[method])
        for method, path, handler in _HANDLERS
    ]


def control(method: str, path: str) -> Callable[[ControlHandler], ControlHandler]:
    def register(handler: ControlHandler) -> ControlHandler:
        _HANDLERS.append((method, path, handler))
        return handler

    return register


def _endpoint(world: AwsState, handler: ControlHandler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            arguments = dict(request.query_params) | (orjson.loads(body) if body else {})
            with world.lock:
                result = handler(world, with_times(arguments))
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": repr(error)}, 400)
        return _json(result if result is not None else {})

    return endpoint


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, default=str), status, media_type="application/json")


def with_times(arguments: Mapping[str, Any]) -> Body:
    return {name: _time(value) if _is_time(name) else value for name, value in arguments.items()}


def _is_time(name: str) -> bool:
    return name in ("at", "now") or name.endswith("_at")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def location_in(body: Body) -> Body:
    """Removes `account` and `region` from the body, and returns them."""
    return {name: body.pop(name) for name in ("account", "region") if name in body}


def each_of(
    path: str, key: str
) -> Callable[[Callable[[AwsState, Body, Body], Any]], Callable[[AwsState, Body, Body], Any]]:
    """Registers a handler for each entry of the list `key`. The answer is the list of results.

    `account` and `region` are given once, next to the list.
    """

    def register(
        make: Callable[[AwsState, Body, Body], Any],
    ) -> Callable[[AwsState, Body, Body], Any]:
        @control("POST", path)
        def make_all(world: AwsState, body: Body) -> Body:
            location = location_in(body)
            return {key: [make(world, location, with_times(entry)) for entry in body[key]]}

        return make

    return register
