"""Registers functions as routes of the control API: JSON requests and answers."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from inspect import isawaitable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.outcome import ActionNotPossibleError, ActionOutcome

Body = dict[str, Any]
ControlHandler = Callable[[ActionContext, Body], Any]
UserAction = Callable[[ActionContext, Body], Awaitable[ActionOutcome]]

_HANDLERS: list[tuple[str, str, ControlHandler]] = []


def control_routes(context: ActionContext) -> list[BaseRoute]:
    return [
        Route(path, _endpoint(context, handler), methods=[method])
        for method, path, handler in _HANDLERS
    ]


def control(method: str, path: str) -> Callable[[ControlHandler], ControlHandler]:
    """Registers a handler. Synchronous handlers run under the lock of the state."""

    def register(handler: ControlHandler) -> ControlHandler:
        _HANDLERS.append((method, path, handler))
        return handler

    return register


def user_action(path: str) -> Callable[[UserAction], UserAction]:
    """Registers a user action, which returns an ActionOutcome."""

    def register(perform: UserAction) -> UserAction:
        async def handler(context: ActionContext, body: Body) -> Any:
            try:
                return asdict(await perform(context, body))
            except ActionNotPossibleError as error:
                return asdict(error.outcome)

        _HANDLERS.append(("POST", f"/actions{path}", handler))
        return perform

    return register


def _endpoint(context: ActionContext, handler: ControlHandler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            arguments = dict(request.query_params) | (orjson.loads(body) if body else {})
            with context.state.lock:
                result = handler(context, arguments)
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
    """Sets as sorted lists."""
    return sorted(value)
