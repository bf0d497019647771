"""One call of the Web API, of a response URL, or of an upload URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """`status` is what the client got to see, or None if the connection was cut.

    `name` is a method like `chat.postMessage`, or `response_url`, `upload_url`, `download_url`.
    """

    name: str
    arguments: Mapping[str, Any]
    status: int | None
    error: str | None
    at: datetime
