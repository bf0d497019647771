"""Answers and records the app's HTTP requests."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.playground.server import HttpReply
from bot.playground.slack import response_urls_and_files
from bot.playground.slack.arguments import CallArguments, read_arguments
from bot.playground.slack.errors import SlackError, missing_scope, ratelimited
from bot.playground.slack.faults import CallFault, CallTarget
from bot.playground.slack.installed_app import SlackToken
from bot.playground.slack.methods import METHODS, MethodCall, WebApiMethod
from bot.playground.slack.recorded_traffic import CallRecord
from bot.playground.slack.state import WorkspaceState

_JSON = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SlackRequest:
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
class RequestInProgress:
    """A request, with everything found while it is answered."""

    request: SlackRequest
    name: str
    arguments: CallArguments = field(default_factory=lambda: CallArguments({}))
    headers: dict[str, str] = field(default_factory=dict)
    fault: CallFault | None = None
    error: str | None = None


Endpoint = Callable[[RequestInProgress], HttpReply]


class SlackRequestHandler:
    """Answers Web API calls, response URLs, and uploads and downloads of files."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state

    def handle(self, request: SlackRequest) -> HttpReply:
        """Answers one request, under the lock of the state."""
        name, answer = self._route(request.path)
        current = RequestInProgress(request, name)
        with self._state.lock:
            reply = self._answer(current, answer)
            self._record(current, reply)
            return reply

    def _route(self, path: str) -> tuple[str, Endpoint]:
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
                return path, _not_found

    def _answer(self, current: RequestInProgress, answer: Endpoint) -> HttpReply:
        try:
            reply = answer(current)
        except SlackError as error:
            current.error = error.name
            headers = {**_JSON, **current.headers, **error.headers}
            reply = HttpReply(error.status, orjson.dumps(error.body()), headers)
        except Exception as error:  # noqa: BLE001 - every other error is a bug of the stand-in
            reply = self._report_bug(current, error)
        return _with_fault(current.fault, reply)

    def _call(self, current: RequestInProgress) -> HttpReply:
        """Checks in Slack's order: token, scopes, rate limit, arguments."""
        method = METHODS.get(current.name)
        if method is None:
            raise SlackError("unknown_method", {"req_method": current.name})
        self._read(current)
        token = self._authorize(current, method)
        self._apply_fault(current)
        self._state.limits.take(current.name, method.rate)
        self._warn_about_unknown_arguments(current, method)
        ask = MethodCall(self._state, token, current.arguments, current.request.base_url)
        body = {"ok": True, **method.answer(ask)}
        return HttpReply(200, orjson.dumps(body), {**_JSON, **current.headers})

    def _read(self, current: RequestInProgress) -> None:
        request = current.request
        content_type = request.headers.get("content-type", "")
        current.arguments = read_arguments(request.query, content_type, request.body)

    def _authorize(self, current: RequestInProgress, method: WebApiMethod) -> SlackToken:
        text = current.request.bearer or current.arguments.text("token")
        current.arguments = current.arguments.without("token")
        token = self._state.tokens.find(text)
        if token.kind != method.token:
            raise SlackError("not_allowed_token_type")
        current.headers["x-oauth-scopes"] = ",".join(sorted(token.scopes))
        if method.scope is not None:
            current.headers["x-accepted-oauth-scopes"] = method.scope
            if method.scope not in token.scopes:
                raise missing_scope([method.scope], token.scopes)
        return token

    def _apply_fault(self, current: RequestInProgress) -> None:
        current.fault = self._state.faults.rule_for(CallTarget(current.name, current.arguments))
        fault = current.fault
        if fault is None:
            return
        if fault.error == "ratelimited":
            raise ratelimited(fault.retry_after)
        if fault.error or fault.status:
            raise SlackError(fault.error or "fatal_error", status=fault.status or 200)
        if fault.cut == "before":
            raise SlackError("connection_cut")

    def _warn_about_unknown_arguments(
        self, current: RequestInProgress, method: WebApiMethod
    ) -> None:
        for name in sorted(current.arguments.keys() - method.takes):
            self._state.warn(current.name, f"unknown argument {name}")

    def _respond(self, current: RequestInProgress) -> HttpReply:
        self._read(current)
        self._apply_fault(current)
        path = current.request.path.removeprefix("/hooks")
        response_urls_and_files.respond(self._state, path, current.arguments)
        return HttpReply(200, b"ok", _TEXT)

    def _upload(self, current: RequestInProgress) -> HttpReply:
        self._apply_fault(current)
        file = response_urls_and_files.upload(
            self._state, current.request.path, current.request.body
        )
        return HttpReply(200, f"OK - {file.length}".encode(), _TEXT)

    def _download(self, current: RequestInProgress) -> HttpReply:
        content = response_urls_and_files.download(
            self._state, current.request.path, current.request.bearer
        )
        return HttpReply(200, content, {"content-type": "application/octet-stream"})

    def _report_bug(self, current: RequestInProgress, error: Exception) -> HttpReply:
        text = f"bug in the stand-in at {current.name}: {error!r}"
        self._state.bugs.append(text)
        _log.error(text, exc_info=error)
        return HttpReply(500, text.encode(), _TEXT)

    def _record(self, current: RequestInProgress, reply: HttpReply) -> None:
        self._state.calls.record(
            CallRecord(
                name=current.name,
                arguments=dict(current.arguments),
                status=None if reply.cut else reply.status,
                error=current.error,
                at=self._state.clock.now(),
            )
        )


def _not_found(_visit: RequestInProgress) -> HttpReply:
    return HttpReply(404, b"Not Found", _TEXT)


def _with_fault(fault: CallFault | None, reply: HttpReply) -> HttpReply:
    if fault is None:
        return reply
    body: Any = reply.body if fault.body is None else fault.body.encode()
    return HttpReply(reply.status, body, reply.headers, fault.delay, fault.cut)
