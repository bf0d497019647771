"""Records of the app's calls, and of deliveries to the app."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class CallRecord:
    """A call of the Web API, a response URL, or a URL of a file.

    - `name`: a method like `chat.postMessage`, or `response_url`, `upload_url`, `download_url`.
    - `status`: the HTTP status that the client received, or None if the connection was cut.
    """

    name: str
    arguments: Mapping[str, Any]
    status: int | None
    error: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DeliveryRecord:
    """One envelope on one connection.

    - `connection`: the number of the connection, or None if none was open.
    - `took`: real seconds until the acknowledgement, or None.
    """

    envelope_id: str
    envelope: str
    kind: str
    payload: Mapping[str, Any]
    connection: int | None
    at: datetime
    retry_attempt: int | None = None
    took: float | None = None
    answer: Mapping[str, Any] | None = None


class DeliveryLog:
    """Deliveries in the order of sending."""

    def __init__(self) -> None:
        self._deliveries: dict[str, DeliveryRecord] = {}

    def record(self, delivery: DeliveryRecord) -> None:
        self._deliveries[delivery.envelope_id] = delivery

    def acknowledge(self, envelope_id: str, took: float, answer: Mapping[str, Any] | None) -> None:
        known = self._deliveries[envelope_id]
        self._deliveries[envelope_id] = replace(known, took=took, answer=answer)

    def find(self, envelope_id: str) -> DeliveryRecord:
        """Raises KeyError."""
        return self._deliveries[envelope_id]

    def reset(self) -> None:
        self._deliveries.clear()

    def __iter__(self) -> Iterator[DeliveryRecord]:
        return iter(tuple(self._deliveries.values()))
