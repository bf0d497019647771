"""One call of AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AwsCall:
    """One request and how it ended.

    `status` is what the client got to see: an HTTP status, or None if the connection was cut.
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
        """Like `ecr:DescribeImages`."""
        return f"{self.service}:{self.operation}"
