"""Injected faults in AWS calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground import faults


@dataclass(frozen=True)
class FaultTarget:
    """A call, for matching with faults."""

    service: str
    operation: str
    account: str
    region: str
    params: Mapping[str, Any]


@dataclass(kw_only=True)
class Fault(faults.FaultRule):
    """Which calls fail, and how. For the other fields see FaultRule.

    - `error`: answers this code with `status`. The call has no effect.
    - `answer` and `body`: replace the answer, unchecked. The call has its effect.
    """

    service: str | None = None
    operation: str | None = None
    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    message: str = "Injected by the stand-in"
    status: int = 400
    answer: Mapping[str, Any] | None = None

    def has_effect(self) -> bool:
        return bool(self.error) or self.answer is not None or super().has_effect()

    def matches(self, call: FaultTarget) -> bool:
        return (
            self.service in (None, call.service)
            and self.operation in (None, call.operation)
            and self.account in (None, call.account)
            and self.region in (None, call.region)
            and all(call.params.get(name) == value for name, value in self.parameters.items())
        )


class Faults(faults.FaultRules[Fault]):
    def throttle(self, **matching: Any) -> Fault:
        """Adds a throttling error of most services. `error` and `status` can be overridden."""
        return self.add(
            Fault(**{"error": "ThrottlingException", "message": "Rate exceeded", **matching})
        )
