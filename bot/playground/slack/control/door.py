"""How a control becomes a route: JSON in, JSON out, times as ISO 8601."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from inspect import isawaitable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.outcome import NotPossibleError, Outcome

Body = dict[str, Any]
Control = Callable[[Desk, Body], Any]
Act = Callable[[Desk, Body], Awaitable[Outcome]]

_CONTROLS: list[tuple[str, str, Control]] = []


def control_routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route(path, _endpoint(desk, answer), methods=[method]) for method, path, answer in _CONTROLS
    ]


def control(method: str, path: str) -> Callable[[Control], Control]:
    """What does not wait is done under the state's lock; what waits sees to that itself."""

    def register(answer: Control) -> Control:
        _CONTROLS.append((method, path, answer))
        return answer

    return register


def act(path: str) -> Callable[[Act], Act]:
    """Something that a person does; answers an Outcome."""

    def register(perform: Act) -> Act:
        async def answer(desk: Desk, body: Body) -> Any:
            try:
                return asdict(await perform(desk, body))
            except NotPossibleError as error:
                return asdict(error.outcome)

        _CONTROLS.append(("POST", f"/acts{path}", answer))
        return perform

    return register


def _endpoint(desk: Desk, answer: Control) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            arguments = dict(request.query_params) | (orjson.loads(body) if body else {})
            with desk.state.lock:
                result = answer(desk, arguments)
            if isawaitable(result):
                result = await result
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": repr(error)}, 400)
        return result if isinstance(result, Response) else _json(result)

    return endpoint


def _json(content: Any, status: int = 200) -> Response:
    body = orjson.dumps({} if content is None else content, default=_plain)
    return Response(body, status, media_type="application/json")


def _plain(value: Any) -> Any:
    """What JSON does not know: only sets."""
    return sorted(value)
