"""A recorded AWS call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AwsCall:
    """One request and its result.

    `status`: the HTTP status that the client received, or None if the connection was cut.
    """

    service: str
    operation: str
    account: str | None
    region: str
    principal: str | None
    params: Mapping[str, Any]
    at: datetime
    status: int | None
    error: str | None = None

    @property
    def name(self) -> str:
        """The operation, like `ecr:DescribeImages`."""
        return f"{self.service}:{self.operation}"
