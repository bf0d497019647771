"""Recorded calls of the API server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Call:
    """One request and its result.

    `status`: as sent to the client, or None if the connection was cut. `why`: the cause of a 401,
    which the client does not receive.
    """

    method: str
    path: str
    query: Mapping[str, str]
    user: str | None
    status: int | None
    at: datetime
    why: str | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"
