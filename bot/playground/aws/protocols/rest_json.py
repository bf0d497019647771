"""REST-JSON: the operation is in method and path, parameters in path, query, headers, body."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import AwsRequest, ProtocolError, ProtocolErrorCodes
from bot.playground.aws.protocols.json import JsonAnswerRenderer

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


class RestJsonProtocol(JsonAnswerRenderer):
    errors = ProtocolErrorCodes(
        unknown_key=AwsError(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            403,
        ),
        expired=AwsError(
            "ExpiredTokenException", "The security token included in the request is expired", 403
        ),
        denied="AccessDeniedException",
        denied_status=403,
        malformed="SerializationException",
    )

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        for method, path, name in _routes(model):
            if method == request.method and path.fullmatch(request.path):
                return name
        raise ProtocolError(
            f"{request.method} {request.path} is not an operation of {model.service_name}"
        )

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        shape = operation.input_shape
        if shape is None:
            return {}
        params = _in_path(operation, request) | _in_query(shape, request)
        return params | _in_headers(shape, request) | _in_body(operation, request)

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        del request_id
        return orjson.dumps({"Type": "User", "Message": error.message})

    def headers(self, error: str | None) -> dict[str, str]:
        named = {"x-amzn-errortype": error} if error else {}
        return {"content-type": "application/json", **named}


@cache
def _routes(model: ServiceModel) -> list[tuple[str, re.Pattern[str], str]]:
    operations = (model.operation_model(name) for name in model.operation_names)
    return [(each.http["method"], _pattern(each), each.name) for each in operations]


@cache
def _pattern(operation: OperationModel) -> re.Pattern[str]:
    path = operation.http["requestUri"].partition("?")[0]
    return re.compile(
        _LABEL.sub(lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", path)
    )


def _members_in(shape: Shape, location: str | None) -> Iterator[tuple[str, str, Shape]]:
    """The members in this location: name, name in the request, shape."""
    assert isinstance(shape, StructureShape)
    for name, member in shape.members.items():
        if member.serialization.get("location") == location:
            yield name, member.serialization.get("name", name), member


def _in_path(operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
    assert operation.input_shape is not None
    found = _pattern(operation).fullmatch(request.path)
    assert found is not None
    return {
        name: _typed(member, unquote(found[wire]))
        for name, wire, member in _members_in(operation.input_shape, "uri")
    }


def _in_query(shape: Shape, request: AwsRequest) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    params = {}
    for name, wire, member in _members_in(shape, "querystring"):
        if values := given.pop(wire, None):
            params[name] = _repeated(member, values)
    if given:
        raise ProtocolError(f"unknown query parameter {', '.join(sorted(given))}")
    return params


def _repeated(shape: Shape, values: list[str]) -> Any:
    if isinstance(shape, ListShape):
        return [_typed(shape.member, value) for value in values]
    return _typed(shape, values[-1])


def _in_headers(shape: Shape, request: AwsRequest) -> dict[str, Any]:
    return {
        name: _typed(member, request.headers[wire.lower()])
        for name, wire, member in _members_in(shape, "header")
        if wire.lower() in request.headers
    }


def _in_body(operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
    if not request.body:
        return {}
    try:
        content = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ProtocolError(f"{operation.name}: the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ProtocolError(f"{operation.name}: the body is not a JSON object")
    return content


def _typed(shape: Shape, text: str) -> Any:
    if shape.type_name in ("integer", "long"):
        try:
            return int(text)
        except ValueError:
            raise ProtocolError(f"{text!r} is not a number") from None
    if shape.type_name == "boolean":
        return text == "true"
    return text
