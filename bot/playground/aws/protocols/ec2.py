"""EC2's variant of the query protocol: flat lists in requests, other names in answers."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel, Shape

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import ProtocolErrorCodes
from bot.playground.aws.protocols.query import QueryProtocol, element


class Ec2Protocol(QueryProtocol):
    errors = ProtocolErrorCodes(
        unknown_key=AwsError(
            "AuthFailure", "AWS was not able to validate the provided access credentials", 401
        ),
        expired=AwsError("RequestExpired", "Request has expired."),
        denied="UnauthorizedOperation",
        denied_status=403,
        malformed="MalformedQueryString",
    )

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        assert operation.output_shape is not None
        namespace = operation.service_model.metadata["xmlNamespace"]
        content = element("requestId", request_id) + self.members(operation.output_shape, answer)
        name = f"{operation.name}Response"
        return f'<{name} xmlns="{namespace}">{content}</{name}>'.encode()

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        about = element("Code", escape(error.code)) + element("Message", escape(error.message))
        content = element("Errors", element("Error", about)) + element("RequestID", request_id)
        return element("Response", content).encode()

    def request_name(self, name: str, shape: Shape) -> str:
        written = str(shape.serialization.get("queryName") or shape.serialization.get("name", name))
        return written[:1].upper() + written[1:]

    def entry_path(self, prefix: str, number: int) -> str:
        return f"{prefix}.{number}"

    def answer_name(self, name: str, shape: Shape) -> str:
        return str(shape.serialization.get("name", name))
