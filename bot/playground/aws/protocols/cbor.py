"""Smithy RPC v2 with CBOR: the operation is in the path, times have tag 1."""

import re
from collections.abc import Mapping
from typing import Any

import cbor2
from botocore.model import OperationModel, ServiceModel

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import AwsRequest, ProtocolError
from bot.playground.aws.protocols.json import JsonProtocol
from bot.playground.aws.validation import without_none

_PROTOCOL = "rpc-v2-cbor"
_CONTENT_TYPE = "application/cbor"
_PATH = re.compile(r"/service/(\w+)/operation/(\w+)")
_NOTHING = cbor2.dumps({})


class CborProtocol:
    errors = JsonProtocol.errors

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        path = _PATH.fullmatch(request.path)
        if request.method != "POST" or path is None or path[1] != model.metadata["targetPrefix"]:
            raise ProtocolError(
                f"{request.method} {request.path} is not an operation of {model.service_name}"
            )
        if request.headers["smithy-protocol"] != _PROTOCOL:
            raise ProtocolError(f"smithy-protocol is not {_PROTOCOL}")
        return path[2]

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        if request.body and request.headers.get("content-type") != _CONTENT_TYPE:
            raise ProtocolError(f"{operation.name}: the body is not {_CONTENT_TYPE}")
        try:
            params = cbor2.loads(request.body or _NOTHING)
        except cbor2.CBORDecodeError as error:
            raise ProtocolError(f"{operation.name}: the body is not CBOR: {error}") from error
        if not isinstance(params, dict):
            raise ProtocolError(f"{operation.name}: the body is not a CBOR map")
        return params

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        del operation, request_id
        return self.write(without_none(answer))

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        del request_id
        return self.write({"__type": error.code, "message": error.message})

    def write(self, content: Mapping[str, Any]) -> bytes:
        return cbor2.dumps(content, datetime_as_timestamp=True)

    def headers(self, error: str | None) -> dict[str, str]:
        del error
        return {"content-type": _CONTENT_TYPE, "smithy-protocol": _PROTOCOL}
