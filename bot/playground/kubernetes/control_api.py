"""The control API of the stand-in, for other processes. Requests and answers are JSON."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.playground.kubernetes.cluster_state import ClusterState
from bot.playground.kubernetes.faults import Fault

Control = Callable[[ClusterState, Any], Any]


def control_routes(state: ClusterState) -> list[BaseRoute]:
    return [
        Route(path, _endpoint(state, do), methods=[method])
        for (method, path), do in _CONTROLS.items()
    ]


def _endpoint(state: ClusterState, do: Control) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            answer = do(state, orjson.loads(body) if body else {})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return _json({"error": repr(error)}, 400)
        return _json(answer or {})

    return endpoint


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _apply(state: ClusterState, objects: list[dict[str, Any]]) -> None:
    """Body: a list of objects."""
    state.apply(*objects)


def _add_token(state: ClusterState, body: dict[str, Any]) -> None:
    expires_at = body.pop("expires_at", None)
    state.add_token(**body, expires_at=datetime.fromisoformat(expires_at) if expires_at else None)


def _grant_role(state: ClusterState, body: dict[str, Any]) -> None:
    """Body: `{subject, role}` and optionally `namespace`."""
    state.grant_role(**body)


def _add_fault(state: ClusterState, body: dict[str, Any]) -> None:
    state.faults.add(Fault(**body))


def _show_calls(state: ClusterState, _body: Any) -> dict[str, Any]:
    return {"counts": state.calls.counts(), "calls": [asdict(call) for call in state.calls]}


_CONTROLS: dict[tuple[str, str], Control] = {
    ("POST", "/apply"): _apply,
    ("POST", "/kinds"): lambda state, body: state.register(**body),
    ("POST", "/tokens"): _add_token,
    ("POST", "/access-entries"): lambda state, body: state.add_access_entry(**body),
    ("POST", "/sts"): lambda state, body: state.trust_sts(**body),
    ("POST", "/grants"): _grant_role,
    ("POST", "/faults"): _add_fault,
    ("POST", "/expire"): lambda state, _body: state.expire_continue_tokens(),
    ("GET", "/calls"): _show_calls,
    ("DELETE", "/calls"): lambda state, _body: state.calls.reset(),
}
