"""Answers and records AWS requests."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from bot.playground.aws.access import AccessRequest
from bot.playground.aws.apprunner import apprunner
from bot.playground.aws.aws_call import AwsCall
from bot.playground.aws.aws_lambda import aws_lambda
from bot.playground.aws.aws_state import AwsState
from bot.playground.aws.batch import batch
from bot.playground.aws.call_context import CallContext
from bot.playground.aws.codebuild import codebuild
from bot.playground.aws.ec2 import ec2
from bot.playground.aws.ecr import ecr
from bot.playground.aws.ecs import ecs
from bot.playground.aws.eks import eks
from bot.playground.aws.errors import AwsError, StandInBugError
from bot.playground.aws.events import events
from bot.playground.aws.faults import Fault, FaultTarget
from bot.playground.aws.identity import Principal
from bot.playground.aws.pricing import pricing
from bot.playground.aws.protocols import (
    PROTOCOLS,
    AwsRequest,
    ProtocolError,
    WireProtocol,
    protocol_of,
)
from bot.playground.aws.sagemaker import sagemaker
from bot.playground.aws.scheduler import scheduler
from bot.playground.aws.service import AwsOperation, AwsService, RenderedAnswer
from bot.playground.aws.sts import sts
from bot.playground.aws.validation import check_answer
from bot.playground.server import HttpReply

SERVICES: dict[str, AwsService] = {
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
        pricing,
        sagemaker,
        scheduler,
        sts,
    )
}

_log = logging.getLogger(__name__)
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class CredentialScope:
    """The credential scope of a signature: access key, Region and service."""

    access_key: str
    region: str
    service: str


@dataclass
class RequestInProgress:
    """A request, with everything found while it is answered."""

    scope: CredentialScope
    service: AwsService
    protocol: WireProtocol
    request: AwsRequest
    operation: AwsOperation | None = None
    name: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    principal: Principal | None = None
    fault: Fault | None = None
    error: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid4()))


class AwsRequestHandler:
    def __init__(self, world: AwsState) -> None:
        self._world = world

    def handle(self, request: AwsRequest) -> HttpReply:
        """Answers one request, under the lock of the state."""
        scope = _scope(request)
        service = SERVICES.get(scope.service) if scope else None
        if scope is None or service is None:
            return _unknown_service(scope)
        protocol = protocol_of(service.model, request)
        current = RequestInProgress(scope, service, protocol, request)
        with self._world.lock:
            reply = self._answer(current)
            self._record(current, reply)
            return reply

    def _answer(self, current: RequestInProgress) -> HttpReply:
        try:
            status, body = 200, self._body(current)
        except AwsError as error:
            current.error = error.code
            status, body = error.status, current.protocol.render_error(error, current.request_id)
        except Exception as error:  # noqa: BLE001 - every other error is a bug of the stand-in
            status, body = 500, self._report_bug(current, error)
        return _with_fault(current, HttpReply(status, body, self._headers(current)))

    def _headers(self, current: RequestInProgress) -> dict[str, str]:
        """Headers of the answer, with the date in seconds."""
        return {
            **current.protocol.headers(current.error),
            "x-amzn-requestid": current.request_id,
            "date": format_datetime(self._world.clock.now(), usegmt=True),
        }

    def _body(self, current: RequestInProgress) -> bytes:
        self._parse(current)
        self._authenticate(current)
        self._apply_fault(current)
        operation, context = current.operation, self._context(current)
        if operation is None:
            raise AwsError(
                "UnknownOperationException",
                f"The stand-in does not support {current.service.name}:{current.name}",
                501,
            )
        operation.validate(current.params)
        self._authorize(current, operation, context)
        return _render(current, operation, operation.handler(current.params, context))

    def _parse(self, current: RequestInProgress) -> None:
        model = current.service.model
        try:
            current.name = current.protocol.operation_name(model, current.request)
            current.operation = current.service.operations.get(current.name)
            if current.name in model.operation_names:
                current.params = current.protocol.params(
                    model.operation_model(current.name), current.request
                )
        except ProtocolError as error:
            raise AwsError(current.protocol.errors.malformed, str(error)) from error

    def _authenticate(self, current: RequestInProgress) -> None:
        errors = current.protocol.errors
        token = current.request.headers.get("x-amz-security-token")
        current.principal = self._world.identities.principal(current.scope.access_key, token)
        if current.principal is None:
            raise replace(errors.unknown_key)
        session = current.principal.session
        if session is not None and session.expires_at <= self._world.clock.now():
            raise replace(errors.expired)

    def _apply_fault(self, current: RequestInProgress) -> None:
        principal = current.principal
        assert principal is not None
        current.fault = self._world.faults.rule_for(
            FaultTarget(
                current.service.name,
                current.name,
                current.params.get("registryId", principal.account),
                current.scope.region,
                current.params,
            )
        )
        if current.fault and current.fault.error:
            raise AwsError(current.fault.error, current.fault.message, current.fault.status)
        if current.fault and current.fault.cut == "before":
            raise AwsError("ConnectionCut", "injected fault")

    def _context(self, current: RequestInProgress) -> CallContext:
        assert current.principal is not None
        now = self._world.clock.now()
        name = f"{current.service.name}:{current.name}"
        return CallContext(self._world, current.principal, current.scope.region, now, name)

    def _authorize(
        self, current: RequestInProgress, operation: AwsOperation, context: CallContext
    ) -> None:
        if operation.action is None:
            return
        for resource in operation.resources(current.params, context):
            request = AccessRequest(context.principal, operation.action, resource, context.region)
            if refusal := self._world.access.denial(request):
                errors = current.protocol.errors
                raise AwsError(errors.denied, refusal, errors.denied_status)

    def _report_bug(self, current: RequestInProgress, error: Exception) -> bytes:
        text = f"bug in the stand-in at {current.service.name}:{current.name}: {error!r}"
        current.error = "StandInBug"
        self._world.bugs.append(text)
        _log.error(text, exc_info=error)
        return current.protocol.render_error(AwsError("StandInBug", text), current.request_id)

    def _record(self, current: RequestInProgress, reply: HttpReply) -> None:
        self._world.calls.record(
            AwsCall(
                service=current.service.name,
                operation=current.name,
                account=current.principal.account if current.principal else None,
                region=current.scope.region,
                principal=current.principal.arn if current.principal else None,
                params=current.params,
                at=self._world.clock.now(),
                status=None if reply.cut else reply.status,
                error=None if reply.cut else current.error,
            )
        )


def _scope(request: AwsRequest) -> CredentialScope | None:
    found = _CREDENTIAL.search(request.headers.get("authorization", ""))
    return CredentialScope(found[1], found[2], found[3]) if found else None


def _unknown_service(scope: CredentialScope | None) -> HttpReply:
    error = (
        AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        if scope is None
        else AwsError(
            "UnknownServiceException", f"The stand-in does not support {scope.service}", 501
        )
    )
    protocol = PROTOCOLS["json 1.1"]
    body = protocol.render_error(error, "")
    return HttpReply(error.status, body, protocol.headers(error.code))


def _render(
    current: RequestInProgress, operation: AwsOperation, answer: Mapping[str, Any] | RenderedAnswer
) -> bytes:
    if isinstance(answer, RenderedAnswer):
        return current.protocol.write(answer.content)
    if operation.model.output_shape is not None:
        check_answer(operation.model.output_shape, answer)
    elif answer:
        raise StandInBugError(f"{operation.name} has no output in the model")
    return current.protocol.render(operation.model, answer, current.request_id)


def _with_fault(current: RequestInProgress, reply: HttpReply) -> HttpReply:
    fault, body = current.fault, reply.body
    if fault is None:
        return reply
    if fault.answer is not None:
        body = current.protocol.write(fault.answer)
    elif fault.body is not None:
        body = fault.body.encode()
    return HttpReply(reply.status, body, reply.headers, fault.delay, fault.cut)
