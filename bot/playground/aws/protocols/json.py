"""JSON 1.0 and 1.1: the operation is in X-Amz-Target, times are seconds since 1970."""

from collections.abc import Mapping
from typing import Any

import orjson
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import AwsRequest, ProtocolError, ProtocolErrorCodes


class JsonAnswerRenderer:
    """Renders answers of protocols with JSON bodies."""

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        del request_id
        if operation.output_shape is None:
            return b"{}"
        return orjson.dumps(json_form(operation.output_shape, answer))

    def write(self, content: Mapping[str, Any]) -> bytes:
        return orjson.dumps(content)


class JsonProtocol(JsonAnswerRenderer):
    errors = ProtocolErrorCodes(
        unknown_key=AwsError(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        ),
        expired=AwsError(
            "ExpiredTokenException", "The security token included in the request is expired"
        ),
        denied="AccessDeniedException",
        denied_status=400,
        malformed="SerializationException",
    )

    def __init__(self, version: str) -> None:
        self._version = version

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        prefix, _, name = request.headers.get("x-amz-target", "").partition(".")
        if prefix != model.metadata["targetPrefix"] or not name:
            raise ProtocolError(f"X-Amz-Target does not name an operation of {model.service_name}")
        return name

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        try:
            params = orjson.loads(request.body or b"{}")
        except orjson.JSONDecodeError as error:
            raise ProtocolError(f"{operation.name}: the body is not JSON: {error}") from error
        if not isinstance(params, dict):
            raise ProtocolError(f"{operation.name}: the body is not a JSON object")
        return params

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        del request_id
        return orjson.dumps({"__type": error.code, "message": error.message})

    def headers(self, error: str | None) -> dict[str, str]:
        del error
        return {"content-type": f"application/x-amz-json-{self._version}"}


def json_form(shape: Shape, value: Any) -> Any:
    """The value with times as seconds."""
    if isinstance(shape, StructureShape):
        return {
            name: json_form(shape.members[name], member)
            for name, member in value.items()
            if member is not None
        }
    if isinstance(shape, ListShape):
        return [json_form(shape.member, entry) for entry in value]
    if isinstance(shape, MapShape):
        return {key: json_form(shape.value, entry) for key, entry in value.items()}
    return value.timestamp() if shape.type_name == "timestamp" else value
