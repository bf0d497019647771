"""Where a request comes in: from a path to a recorded answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.playground.kubernetes.calls import Call
from bot.playground.kubernetes.eks_tokens import BadTokenError
from bot.playground.kubernetes.faults import Fault, Target
from bot.playground.kubernetes.kinds import Kind, is_built_in
from bot.playground.kubernetes.listing import inconsistent, read_token
from bot.playground.kubernetes.paths import Asked, read_path
from bot.playground.kubernetes.state import State
from bot.playground.kubernetes.statuses import (
    JSON,
    NoSuchPageError,
    RefusalError,
    StatusError,
    bad_request,
    confession,
    expired_continue,
    expired_list,
    forbidden,
    internal_error,
    method_not_allowed,
    not_faked,
    not_found,
    too_many_requests,
    unauthorized,
    unavailable,
)
from bot.playground.kubernetes.users import User
from bot.playground.server import Reply

_PARAMETERS = {"limit", "continue", "timeoutSeconds"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """`certified`: the user whom a client certificate names."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    certified: str = ""


@dataclass
class Visit:
    """One request on its way through the gate; what is learned about it is recorded."""

    request: Request
    user: User | None = None
    fault: Fault | None = None
    why: str | None = None


class Gate:
    def __init__(self, state: State) -> None:
        self._state = state

    def pass_through(self, request: Request) -> Reply:
        """Answers one request; all of the stand-in's work is done under the state's lock."""
        visit = Visit(request)
        with self._state.lock:
            answer = self._answer(visit)
            reply = _with_fault(visit.fault, answer)
            self._record(visit, reply)
            return reply

    def _answer(self, visit: Visit) -> Reply:
        try:
            return Reply(200, self._list(visit), JSON)
        except RefusalError as refusal:
            return refusal.reply()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug to be shown
            return self._confess(visit, error)

    def _list(self, visit: Visit) -> bytes:
        """In the order of a real server: an unknown resource is forbidden before it is missing."""
        request = visit.request
        user = self._authenticate(visit)
        asked = read_path(request.method, request.path, request.query)
        if asked is None:
            raise NoSuchPageError
        self._strike(visit, user, asked)
        if not self._state.access.allows(user, asked):
            raise forbidden(user.name, asked)
        kind = self._kind(asked)
        if request.method != "GET":
            raise method_not_allowed()
        _check_parameters(request.query)
        return self._state.lists.page(
            kind, asked.namespace, _limit(request.query), request.query.get("continue", "")
        )

    def _authenticate(self, visit: Visit) -> User:
        try:
            visit.user = self._user(visit.request)
        except BadTokenError as error:
            visit.why = str(error)
            raise unauthorized() from error
        return visit.user

    def _user(self, request: Request) -> User:
        """Real servers look at certificates first."""
        if request.certified:
            return User(request.certified)
        return self._state.users.behind(request.authorization)

    def _strike(self, visit: Visit, user: User, asked: Asked) -> None:
        visit.fault = self._state.faults.strike(Target(visit.request.path, asked))
        if visit.fault and visit.fault.status:
            refusal = _refusal(visit.fault, visit.request, user, asked)
            raise replace(refusal, message=visit.fault.message or refusal.message)

    def _kind(self, asked: Asked) -> Kind:
        kind = self._state.kinds.at(asked.group, asked.version, asked.resource)
        if kind is not None and asked.is_listing:
            return kind
        raise not_found() if is_built_in(asked.group, asked.version) else NoSuchPageError

    def _confess(self, visit: Visit, error: Exception) -> Reply:
        text = f"bug in the stand-in at {visit.request.path}: {error!r}"
        self._state.bugs.append(text)
        _log.error(text, exc_info=error)
        return confession(text).reply()

    def _record(self, visit: Visit, reply: Reply) -> None:
        self._state.calls.record(
            Call(
                method=visit.request.method,
                path=visit.request.path,
                query=visit.request.query,
                user=visit.user.name if visit.user else None,
                status=None if reply.cut else reply.status,
                at=self._state.clock.now(),
                why=visit.why,
            )
        )


def _check_parameters(query: Mapping[str, str]) -> None:
    """What the stand-in ignored would change the list, so it is refused."""
    if unknown := query.keys() - _PARAMETERS:
        raise not_faked(f"the parameters {', '.join(sorted(unknown))}")


def _limit(query: Mapping[str, str]) -> int:
    try:
        return int(query.get("limit", "0"))
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{query["limit"]}": invalid syntax') from None


def _refusal(fault: Fault, request: Request, user: User, asked: Asked) -> StatusError:
    match fault.status:
        case 401:
            return unauthorized()
        case 403:
            return forbidden(user.name, asked)
        case 410:
            token = request.query.get("continue")
            return expired_continue(inconsistent(read_token(token))) if token else expired_list()
        case 429:
            return too_many_requests(fault.retry_after)
        case 500:
            return internal_error()
        case _:
            return unavailable()


def _with_fault(fault: Fault | None, reply: Reply) -> Reply:
    if fault is None:
        return reply
    headers = dict(reply.headers)
    if fault.content_type:
        headers["content-type"] = fault.content_type
    body = reply.body if fault.body is None else fault.body.encode()
    return Reply(reply.status, body, headers, fault.delay, fault.cut)
