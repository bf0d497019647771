"""One call of the API server."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Call:
    """One request and how it ended.

    `status` is what the client got to see, or None if the connection was cut; `why` tells what
    the client is not told of a 401.
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
