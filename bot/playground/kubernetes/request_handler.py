"""Handles one request: reads its path, answers it and records the call."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.playground.kubernetes.cluster_state import ClusterState
from bot.playground.kubernetes.eks_tokens import BadTokenError
from bot.playground.kubernetes.error_statuses import (
    JSON,
    ErrorReplyError,
    NoSuchPageError,
    StatusError,
    bad_request,
    expired_continue,
    expired_list,
    forbidden,
    internal_error,
    method_not_allowed,
    not_found,
    not_supported,
    stand_in_bug,
    too_many_requests,
    unauthorized,
    unavailable,
)
from bot.playground.kubernetes.faults import Fault, FaultTarget
from bot.playground.kubernetes.list_pages import inconsistent, read_token
from bot.playground.kubernetes.recorded_calls import Call
from bot.playground.kubernetes.request_paths import ResourceRequest, read_path
from bot.playground.kubernetes.resource_kinds import ResourceKind, is_built_in
from bot.playground.kubernetes.users import User
from bot.playground.server import HttpReply

_PARAMETERS = {"limit", "continue", "timeoutSeconds"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """`certified`: the user named by the client certificate."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    certified: str = ""


@dataclass
class RequestRecord:
    """A request in progress, with the facts that the call log records."""

    request: Request
    user: User | None = None
    fault: Fault | None = None
    why: str | None = None


class RequestHandler:
    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def handle(self, request: Request) -> HttpReply:
        """Answers one request while holding the lock of the state."""
        record = RequestRecord(request)
        with self._state.lock:
            answer = self._answer(record)
            reply = _with_fault(record.fault, answer)
            self._record(record, reply)
            return reply

    def _answer(self, record: RequestRecord) -> HttpReply:
        try:
            return HttpReply(200, self._list(record), JSON)
        except ErrorReplyError as refusal:
            return refusal.reply()
        except Exception as error:  # noqa: BLE001 - any error is a bug of the stand-in
            return self._report_bug(record, error)

    def _list(self, record: RequestRecord) -> bytes:
        """Checks in the order of a real server: permission before existence of the resource."""
        request = record.request
        user = self._authenticate(record)
        requested = read_path(request.method, request.path, request.query)
        if requested is None:
            raise NoSuchPageError
        self._apply_fault(record, user, requested)
        if not self._state.access.allows(user, requested):
            raise forbidden(user.name, requested)
        kind = self._kind(requested)
        if request.method != "GET":
            raise method_not_allowed()
        _check_parameters(request.query)
        return self._state.lists.page(
            kind, requested.namespace, _limit(request.query), request.query.get("continue", "")
        )

    def _authenticate(self, record: RequestRecord) -> User:
        try:
            record.user = self._user(record.request)
        except BadTokenError as error:
            record.why = str(error)
            raise unauthorized() from error
        return record.user

    def _user(self, request: Request) -> User:
        """Real servers check certificates first."""
        if request.certified:
            return User(request.certified)
        return self._state.users.user_of(request.authorization)

    def _apply_fault(self, record: RequestRecord, user: User, requested: ResourceRequest) -> None:
        record.fault = self._state.faults.rule_for(FaultTarget(record.request.path, requested))
        if record.fault and record.fault.status:
            refusal = _refusal(record.fault, record.request, user, requested)
            raise replace(refusal, message=record.fault.message or refusal.message)

    def _kind(self, requested: ResourceRequest) -> ResourceKind:
        kind = self._state.kinds.at(requested.group, requested.version, requested.resource)
        if kind is not None and requested.is_listing:
            return kind
        raise not_found() if is_built_in(requested.group, requested.version) else NoSuchPageError

    def _report_bug(self, record: RequestRecord, error: Exception) -> HttpReply:
        text = f"bug in the stand-in at {record.request.path}: {error!r}"
        self._state.bugs.append(text)
        _log.error(text, exc_info=error)
        return stand_in_bug(text).reply()

    def _record(self, record: RequestRecord, reply: HttpReply) -> None:
        self._state.calls.record(
            Call(
                method=record.request.method,
                path=record.request.path,
                query=record.request.query,
                user=record.user.name if record.user else None,
                status=None if reply.cut else reply.status,
                at=self._state.clock.now(),
                why=record.why,
            )
        )


def _check_parameters(query: Mapping[str, str]) -> None:
    """Rejects unknown parameters, since they would change the list on a real server."""
    if unknown := query.keys() - _PARAMETERS:
        raise not_supported(f"the parameters {', '.join(sorted(unknown))}")


def _limit(query: Mapping[str, str]) -> int:
    try:
        return int(query.get("limit", "0"))
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{query["limit"]}": invalid syntax') from None


def _refusal(fault: Fault, request: Request, user: User, requested: ResourceRequest) -> StatusError:
    match fault.status:
        case 401:
            return unauthorized()
        case 403:
            return forbidden(user.name, requested)
        case 410:
            token = request.query.get("continue")
            return expired_continue(inconsistent(read_token(token))) if token else expired_list()
        case 429:
            return too_many_requests(fault.retry_after)
        case 500:
            return internal_error()
        case _:
            return unavailable()


def _with_fault(fault: Fault | None, reply: HttpReply) -> HttpReply:
    if fault is None:
        return reply
    headers = dict(reply.headers)
    if fault.content_type:
        headers["content-type"] = fault.content_type
    body = reply.body if fault.body is None else fault.body.encode()
    return HttpReply(reply.status, body, headers, fault.delay, fault.cut)
