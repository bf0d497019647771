"""Injected faults in the app's calls, and in deliveries to the app."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.playground import faults


@dataclass(frozen=True)
class CallTarget:
    """A call, for matching with faults."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(kw_only=True)
class CallFault(faults.FaultRule):
    """Which calls fail, and how. For the other fields see FaultRule.

    - `method`: a glob of method names, including `response_url` and `upload_url`.
    - `arguments`: the call must have all of these.
    - `error`: answers `ok: false` with this name. `ratelimited` has status 429 and `retry_after`
      in seconds. The call has no effect.
    - `status` without `error`: answers with this HTTP status and the error `fatal_error`.
    """

    method: str = "*"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    retry_after: int = 1
    status: int | None = None

    def has_effect(self) -> bool:
        return bool(self.error or self.status) or super().has_effect()

    def matches(self, call: CallTarget) -> bool:
        return fnmatchcase(call.name, self.method) and all(
            call.arguments.get(name) == value for name, value in self.arguments.items()
        )


@dataclass(frozen=True)
class DeliveryTarget:
    """An envelope, for matching with faults. `kind` is the type of its payload."""

    envelope: str
    kind: str


@dataclass(kw_only=True)
class DeliveryFault(faults.FaultRule):
    """Which deliveries to the app fail, and how. For the other fields see FaultRule.

    - `envelope`: `slash_commands`, `interactive` or `events_api`.
    - `kind`: a glob of the payload's type, like `block_actions`, `view_submission`, `app_mention`.
    - `copies`: the number of additional copies, sent to other connections if there are any.
    - `lost`: the envelope is not sent.
    - `cut`: drops the connection "before" or "after" the envelope is sent, or after half of its
      "body".
    - `body`: any text to send instead of the envelope.
    """

    envelope: str | None = None
    kind: str = "*"
    copies: int = 0
    lost: bool = False

    def has_effect(self) -> bool:
        return bool(self.copies or self.lost) or super().has_effect()

    def matches(self, call: DeliveryTarget) -> bool:
        return self.envelope in (None, call.envelope) and fnmatchcase(call.kind, self.kind)
