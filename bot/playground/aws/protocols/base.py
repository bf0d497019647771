"""What a wire protocol has to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.model import OperationModel, ServiceModel

from bot.playground.aws.errors import AwsError


class ProtocolError(Exception):
    """The request does not speak the protocol."""


@dataclass(frozen=True)
class AwsRequest:
    """`path` and `query` are as they came, still quoted."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ProtocolErrors:
    """The errors that every service has, in this protocol's names."""

    unknown_key: AwsError
    expired: AwsError
    denied: str
    denied_status: int
    malformed: str


class WireProtocol(Protocol):
    errors: ProtocolErrors

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        """Raises WireError if the request names none."""

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        """The parameters as the model names and types them; raises WireError."""

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        """A checked answer on the wire."""

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        """An error on the wire."""

    def write(self, content: Mapping[str, Any]) -> bytes:
        """Content as it stands, whatever the model says of it."""

    def headers(self, error: str | None) -> dict[str, str]:
        """What goes with every answer; `error` is its code if it is one."""
