"""Where a request comes in: from bytes to a recorded answer."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from bot.playground.aws.access import Ask
from bot.playground.aws.apprunner import apprunner
from bot.playground.aws.aws_lambda import aws_lambda
from bot.playground.aws.batch import batch
from bot.playground.aws.calls import Call
from bot.playground.aws.codebuild import codebuild
from bot.playground.aws.context import Context
from bot.playground.aws.ec2 import ec2
from bot.playground.aws.ecr import ecr
from bot.playground.aws.ecs import ecs
from bot.playground.aws.eks import eks
from bot.playground.aws.errors import AwsError, StandInBugError
from bot.playground.aws.events import events
from bot.playground.aws.faults import Fault, Target
from bot.playground.aws.identity import Principal
from bot.playground.aws.protocols import PROTOCOLS, Protocol, Request, WireError, protocol_of
from bot.playground.aws.sagemaker import sagemaker
from bot.playground.aws.scheduler import scheduler
from bot.playground.aws.service import Operation, Prepared, Service
from bot.playground.aws.sts import sts
from bot.playground.aws.validation import check_answer
from bot.playground.aws.world import World
from bot.playground.server import HttpReply

SERVICES: dict[str, Service] = {
    service.name: service
    for service in (
        apprunner,
        aws_lambda,
        batch,
        codebuild,
        ec2,
        ecr,
        ecs,
        eks,
        events,
        sagemaker,
        scheduler,
        sts,
    )
}

_log = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Scope:
    """What a signature says about a request: whose it is, and for which service and Region."""

    access_key: str
    region: str
    service: str


@dataclass
class Visit:
    """One request on its way through the gate; what is learned about it is recorded."""

    scope: Scope
    service: Service
    protocol: Protocol
    request: Request
    operation: Operation | None = None
    name: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    principal: Principal | None = None
    fault: Fault | None = None
    error: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid4()))


class Gate:
    def __init__(self, world: World) -> None:
        self._world = world

    def pass_through(self, request: Request) -> HttpReply:
        """Answers one request; all of the stand-in's work is done under the world's lock."""
        scope = _scope(request)
        service = SERVICES.get(scope.service) if scope else None
        if scope is None or service is None:
            return _turned_away(scope)
        protocol = protocol_of(service.model, request)
        visit = Visit(scope, service, protocol, request)
        with self._world.lock:
            reply = self._answered(visit)
            self._record(visit, reply)
            return reply

    def _answered(self, visit: Visit) -> HttpReply:
        try:
            status, body = 200, self._body(visit)
        except AwsError as error:
            visit.error = error.code
            status, body = error.status, visit.protocol.render_error(error, visit.request_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug to be shown
            status, body = 500, self._confess(visit, error)
        return _with_fault(visit, HttpReply(status, body, self._headers(visit)))

    def _headers(self, visit: Visit) -> dict[str, str]:
        """AWS dates its answers, to the second."""
        return {
            **visit.protocol.headers(visit.error),
            "x-amzn-requestid": visit.request_id,
            "date": format_datetime(self._world.clock.now(), usegmt=True),
        }

    def _body(self, visit: Visit) -> bytes:
        self._understand(visit)
        self._authenticate(visit)
        self._strike(visit)
        operation, context = visit.operation, self._context(visit)
        if operation is None:
            raise AwsError(
                "UnknownOperationException",
                f"The stand-in does not fake {visit.service.name}:{visit.name}",
                501,
            )
        operation.validate(visit.params)
        self._authorize(visit, operation, context)
        return _render(visit, operation, operation.handler(visit.params, context))

    def _understand(self, visit: Visit) -> None:
        model = visit.service.model
        try:
            visit.name = visit.protocol.operation_name(model, visit.request)
            visit.operation = visit.service.operations.get(visit.name)
            if visit.name in model.operation_names:
                visit.params = visit.protocol.params(
                    model.operation_model(visit.name), visit.request
                )
        except WireError as error:
            raise AwsError(visit.protocol.dialect.malformed, str(error)) from error

    def _authenticate(self, visit: Visit) -> None:
        dialect = visit.protocol.dialect
        token = visit.request.headers.get("x-amz-security-token")
        visit.principal = self._world.identities.principal(visit.scope.access_key, token)
        if visit.principal is None:
            raise replace(dialect.unknown_key)
        session = visit.principal.session
        if session is not None and session.expires_at <= self._world.clock.now():
            raise replace(dialect.expired)

    def _strike(self, visit: Visit) -> None:
        principal = visit.principal
        assert principal is not None
        visit.fault = self._world.faults.rule_for(
            Target(
                visit.service.name,
                visit.name,
                visit.params.get("registryId", principal.account),
                visit.scope.region,
                visit.params,
            )
        )
        if visit.fault and visit.fault.error:
            raise AwsError(visit.fault.error, visit.fault.message, visit.fault.status)
        if visit.fault and visit.fault.cut == "before":
            raise AwsError("ConnectionCut", "nobody will read this")

    def _context(self, visit: Visit) -> Context:
        assert visit.principal is not None
        now = self._world.clock.now()
        name = f"{visit.service.name}:{visit.name}"
        return Context(self._world, visit.principal, visit.scope.region, now, name)

    def _authorize(self, visit: Visit, operation: Operation, context: Context) -> None:
        if operation.action is None:
            return
        for resource in operation.resources(visit.params, context):
            ask = Ask(context.principal, operation.action, resource, context.region)
            if refusal := self._world.access.refusal(ask):
                dialect = visit.protocol.dialect
                raise AwsError(dialect.denied, refusal, dialect.denied_status)

    def _confess(self, visit: Visit, error: Exception) -> bytes:
        text = f"bug in the stand-in at {visit.service.name}:{visit.name}: {error!r}"
        visit.error = "StandInBug"
        self._world.bugs.append(text)
        _log.error(text, exc_info=error)
        return visit.protocol.render_error(AwsError("StandInBug", text), visit.request_id)

    def _record(self, visit: Visit, reply: HttpReply) -> None:
        self._world.calls.record(
            Call(
                service=visit.service.name,
                operation=visit.name,
                account=visit.principal.account if visit.principal else None,
                region=visit.scope.region,
                principal=visit.principal.arn if visit.principal else None,
                params=visit.params,
                at=self._world.clock.now(),
                status=None if reply.cut else reply.status,
                error=None if reply.cut else visit.error,
            )
        )


def _scope(request: Request) -> Scope | None:
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    return Scope(found[1], found[2], found[3]) if found else None


def _turned_away(scope: Scope | None) -> HttpReply:
    error = (
        AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        if scope is None
        else AwsError("UnknownServiceException", f"The stand-in fakes no {scope.service}", 501)
    )
    protocol = PROTOCOLS["json 1.1"]
    body = protocol.render_error(error, "")
    return HttpReply(error.status, body, protocol.headers(error.code))


def _render(visit: Visit, operation: Operation, answer: Mapping[str, Any] | Prepared) -> bytes:
    if isinstance(answer, Prepared):
        return visit.protocol.write(answer.content)
    if operation.model.output_shape is not None:
        check_answer(operation.model.output_shape, answer)
    elif answer:
        raise StandInBugError(f"{operation.name} answers nothing")
    return visit.protocol.render(operation.model, answer, visit.request_id)


def _with_fault(visit: Visit, reply: HttpReply) -> HttpReply:
    fault, body = visit.fault, reply.body
    if fault is None:
        return reply
    if fault.answer is not None:
        body = visit.protocol.write(fault.answer)
    elif fault.body is not None:
        body = fault.body.encode()
    return HttpReply(reply.status, body, reply.headers, fault.delay, fault.cut)
