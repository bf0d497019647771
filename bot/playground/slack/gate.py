"""Where a call of the app comes in: from a request to a recorded answer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.playground.server import HttpReply
from bot.playground.slack import hooks
from bot.playground.slack.app import Token
from bot.playground.slack.arguments import Arguments, read_arguments
from bot.playground.slack.calls import Call
from bot.playground.slack.errors import SlackError, missing_scope, ratelimited
from bot.playground.slack.faults import Fault, Target
from bot.playground.slack.methods import METHODS, Ask, Method
from bot.playground.slack.state import State

_JSON = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Visit:
    """One request on its way through the gate; what is learned about it is recorded."""

    request: Request
    name: str
    arguments: Arguments = field(default_factory=lambda: Arguments({}))
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    error: str | None = None


Answerer = Callable[[Visit], HttpReply]


class Gate:
    """Answers the Web API, response URLs, and the URLs of files."""

    def __init__(self, state: State) -> None:
        self._state = state

    def pass_through(self, request: Request) -> HttpReply:
        """Answers one request; all of the work is done under the state's lock."""
        name, answer = self._way(request.path)
        visit = Visit(request, name)
        with self._state.lock:
            reply = self._answer(visit, answer)
            self._record(visit, reply)
            return reply

    def _way(self, path: str) -> tuple[str, Answerer]:
        head, _, tail = path.lstrip("/").partition("/")
        match head:
            case "api":
                return tail, self._call
            case "hooks":
                return "response_url", self._respond
            case "upload":
                return "upload_url", self._upload
            case "files":
                return "download_url", self._download
            case _:
                return path, _nowhere

    def _answer(self, visit: Visit, answer: Answerer) -> HttpReply:
        try:
            reply = answer(visit)
        except SlackError as error:
            visit.error = error.name
            headers = {**_JSON, **visit.headers, **error.headers}
            reply = HttpReply(error.status, orjson.dumps(error.body()), headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug to be shown
            reply = self._confess(visit, error)
        return _with_fault(visit.fault, reply)

    def _call(self, visit: Visit) -> HttpReply:
        """In Slack's order: who calls, whether it may, how often, and only then with what."""
        method = METHODS.get(visit.name)
        if method is None:
            raise SlackError("unknown_method", {"req_method": visit.name})
        self._read(visit)
        token = self._authorize(visit, method)
        self._strike(visit)
        self._state.limits.take(visit.name, method.rate)
        self._notice_unknown_arguments(visit, method)
        ask = Ask(self._state, token, visit.arguments, visit.request.base_url)
        body = {"ok": True, **method.answer(ask)}
        return HttpReply(200, orjson.dumps(body), {**_JSON, **visit.headers})

    def _read(self, visit: Visit) -> None:
        request = visit.request
        content_type = request.headers.get("content-type", "")
        visit.arguments = read_arguments(request.query, content_type, request.body)

    def _authorize(self, visit: Visit, method: Method) -> Token:
        text = visit.request.bearer or visit.arguments.text("token")
        visit.arguments = visit.arguments.without("token")
        token = self._state.tokens.behind(text)
        if token.kind != method.token:
            raise SlackError("not_allowed_token_type")
        visit.headers["x-oauth-scopes"] = ",".join(sorted(token.scopes))
        if method.scope is not None:
            visit.headers["x-accepted-oauth-scopes"] = method.scope
            if method.scope not in token.scopes:
                raise missing_scope([method.scope], token.scopes)
        return token

    def _strike(self, visit: Visit) -> None:
        visit.fault = self._state.faults.rule_for(Target(visit.name, visit.arguments))
        fault = visit.fault
        if fault is None:
            return
        if fault.error == "ratelimited":
            raise ratelimited(fault.retry_after)
        if fault.error or fault.status:
            raise SlackError(fault.error or "fatal_error", status=fault.status or 200)
        if fault.cut == "before":
            raise SlackError("connection_cut")

    def _notice_unknown_arguments(self, visit: Visit, method: Method) -> None:
        for name in sorted(visit.arguments.keys() - method.takes):
            self._state.warn(visit.name, f"there is no argument {name}")

    def _respond(self, visit: Visit) -> HttpReply:
        self._read(visit)
        self._strike(visit)
        path = visit.request.path.removeprefix("/hooks")
        hooks.respond(self._state, path, visit.arguments)
        return HttpReply(200, b"ok", _TEXT)

    def _upload(self, visit: Visit) -> HttpReply:
        self._strike(visit)
        file = hooks.upload(self._state, visit.request.path, visit.request.body)
        return HttpReply(200, f"OK - {file.length}".encode(), _TEXT)

    def _download(self, visit: Visit) -> HttpReply:
        content = hooks.download(self._state, visit.request.path, visit.request.bearer)
        return HttpReply(200, content, {"content-type": "application/octet-stream"})

    def _confess(self, visit: Visit, error: Exception) -> HttpReply:
        text = f"bug in the stand-in at {visit.name}: {error!r}"
        self._state.bugs.append(text)
        _log.error(text, exc_info=error)
        return HttpReply(500, text.encode(), _TEXT)

    def _record(self, visit: Visit, reply: HttpReply) -> None:
        self._state.calls.record(
            Call(
                name=visit.name,
                arguments=dict(visit.arguments),
                status=None if reply.cut else reply.status,
                error=visit.error,
                at=self._state.clock.now(),
            )
        )


def _nowhere(_visit: Visit) -> HttpReply:
    return HttpReply(404, b"Not Found", _TEXT)


def _with_fault(fault: Fault | None, reply: HttpReply) -> HttpReply:
    if fault is None:
        return reply
    body: Any = reply.body if fault.body is None else fault.body.encode()
    return HttpReply(reply.status, body, reply.headers, fault.delay, fault.cut)
