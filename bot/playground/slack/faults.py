"""Faults that are injected by rule: into calls of the app, and into deliveries to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.playground import faults


@dataclass(frozen=True)
class Target:
    """The call that faults are matched against."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(kw_only=True)
class Fault(faults.FaultRule):
    """Which calls fail, and how; the rest is told by Rule.

    - `method` is a glob of method names; `response_url` and `upload_url` count as methods.
    - `arguments` must be among the call's.
    - `error` answers `ok: false` with this name, `ratelimited` with status 429 and `retry_after`
      in seconds; the call has no effect.
    - `status` alone answers an HTTP error without a body that Slack's clients can read.
    """

    method: str = "*"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    retry_after: int = 1
    status: int | None = None

    def has_effect(self) -> bool:
        return bool(self.error or self.status) or super().has_effect()

    def matches(self, call: Target) -> bool:
        return fnmatchcase(call.name, self.method) and all(
            call.arguments.get(name) == value for name, value in self.arguments.items()
        )


@dataclass(frozen=True)
class DeliveryTarget:
    """The envelope that faults are matched against; `kind` is that of its payload."""

    envelope: str
    kind: str


@dataclass(kw_only=True)
class DeliveryFault(faults.FaultRule):
    """Which envelopes go wrong on their way to the app, and how; the rest is told by Rule.

    - `envelope` is `slash_commands`, `interactive` or `events_api`; `kind` a glob of the payload's
      type, like `block_actions`, `view_submission` or `app_mention`.
    - `copies` sends it so many times more, to other connections where there are some.
    - `lost` does not send it at all.
    - `cut` drops the connection "before" or "after" the envelope is sent, or after half of its
      "body"; `body` is sent in the envelope's place, whatever it is.
    """

    envelope: str | None = None
    kind: str = "*"
    copies: int = 0
    lost: bool = False

    def has_effect(self) -> bool:
        return bool(self.copies or self.lost) or super().has_effect()

    def matches(self, call: DeliveryTarget) -> bool:
        return self.envelope in (None, call.envelope) and fnmatchcase(call.kind, self.kind)
