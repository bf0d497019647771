"""What was delivered to the app, and how it answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One envelope on one connection; None in `connection` if there was none to send it on.

    `took` are real seconds until it was acknowledged, or None.
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


class Deliveries:
    """In the order in which they were sent."""

    def __init__(self) -> None:
        self._deliveries: dict[str, Delivery] = {}

    def record(self, delivery: Delivery) -> None:
        self._deliveries[delivery.envelope_id] = delivery

    def acknowledge(self, envelope_id: str, took: float, answer: Mapping[str, Any] | None) -> None:
        known = self._deliveries[envelope_id]
        self._deliveries[envelope_id] = replace(known, took=took, answer=answer)

    def find(self, envelope_id: str) -> Delivery:
        """Raises KeyError."""
        return self._deliveries[envelope_id]

    def reset(self) -> None:
        self._deliveries.clear()

    def __iter__(self) -> Iterator[Delivery]:
        return iter(tuple(self._deliveries.values()))
