"""Faults that rules inject between a client and the API server."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.playground import faults
from bot.playground.kubernetes.request_paths import ResourceRequest

STATUSES = (401, 403, 410, 429, 500, 503)


@dataclass(frozen=True)
class FaultTarget:
    """A call, to be matched against fault rules."""

    path: str
    requested: ResourceRequest


@dataclass(kw_only=True)
class Fault(faults.FaultRule):
    """Which calls fail, and how. FaultRule documents the other fields.

    - `path` is a glob; `resource` is `pods`, or with a group `deployments.apps`.
    - `status` answers a Status with the text of a real API server, or with `message`.
    - `body` replaces the Status or the list by any text of type `content_type`. For example, real
      servers throttle with the plain text "Too many requests, please try again later.".
    - `retry_after`: seconds, for status 429.
    """

    path: str = "*"
    resource: str | None = None
    status: int | None = None
    message: str | None = None
    retry_after: int = 1
    content_type: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.status not in (None, *STATUSES):
            raise ValueError(f"the status of a fault is one of {STATUSES}")

    def has_effect(self) -> bool:
        return self.status is not None or super().has_effect()

    def matches(self, call: FaultTarget) -> bool:
        return fnmatchcase(call.path, self.path) and self.resource in (
            None,
            call.requested.qualified_resource,
        )
