"""The interface of wire protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.model import OperationModel, ServiceModel

from bot.playground.aws.errors import AwsError


class ProtocolError(Exception):
    """The request does not follow the protocol."""


@dataclass(frozen=True)
class AwsRequest:
    """An HTTP request. `path` and `query` are still quoted."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ProtocolErrorCodes:
    """Errors of all services, with this protocol's names."""

    unknown_key: AwsError
    expired: AwsError
    denied: str
    denied_status: int
    malformed: str


class WireProtocol(Protocol):
    """Parses requests and renders answers."""

    errors: ProtocolErrorCodes

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        """The operation of a request; raises ProtocolError if it has none."""

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        """The parameters, with the model's names and types; raises ProtocolError."""

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        """The body of a checked answer."""

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        """The body of an error."""

    def write(self, content: Mapping[str, Any]) -> bytes:
        """The body for any content, without the model."""

    def headers(self, error: str | None) -> dict[str, str]:
        """The headers of an answer. `error`: the code of an error answer."""
