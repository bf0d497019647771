"""Injected faults in the app's calls, and in deliveries to the app."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.playground import faults
from bot.playground.slack.arguments import CallArguments


@dataclass(frozen=True)
class CallTarget:
    """A call, for matching with faults."""

    name: str
    arguments: CallArguments

    def block_types(self) -> Iterator[Any]:
        """The types of the blocks in the call, also of invalid blocks. Raises SlackError if the
        argument `blocks` is no JSON."""
        if "blocks" in self.arguments:
            blocks = self.arguments.parsed("blocks", "invalid_blocks_format")
            given = blocks if isinstance(blocks, list) else []
            yield from (block.get("type") for block in given if isinstance(block, dict))


@dataclass(kw_only=True)
class CallFault(faults.FaultRule):
    """Which calls fail, and how. For the other fields see FaultRule.

    - `method`: a glob of method names, including `response_url` and `upload_url`.
    - `arguments`: the call must have all of these.
    - `block`: the call must have a block of this type. With the error `invalid_blocks` and `times`
      None, the workspace does not know this type.
    - `error`: answers `ok: false` with this name. `ratelimited` has status 429 and `retry_after`
      in seconds. The call has no effect.
    - `status` without `error`: answers with this HTTP status and the error `fatal_error`.
    """

    method: str = "*"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    block: str | None = None
    error: str | None = None
    retry_after: int = 1
    status: int | None = None

    def has_effect(self) -> bool:
        return bool(self.error or self.status) or super().has_effect()

    def matches(self, call: CallTarget) -> bool:
        return (
            fnmatchcase(call.name, self.method)
            and all(call.arguments.get(name) == value for name, value in self.arguments.items())
            and (self.block is None or self.block in call.block_types())
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
