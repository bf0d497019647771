"""Faults that are injected by rule between a client and the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Cut = Literal["before", "after", "body"]


@dataclass
class Fault:
    """Which calls fail, and how.

    Of the calls that match, the first `skip` pass, the next `times` fail (None: all that follow).

    - `delay` holds the answer back by real seconds, after the call took effect; it goes with
      every other effect, or alone.
    - `error` answers this code and `status`, and the call has no effect.
    - `cut` drops the connection: "before" the call takes effect, "after" it did (the reply is
      lost), or in the middle of the answer's "body".
    - `answer` and `body` replace the answer of a call that took effect, unchecked.
    """

    service: str | None = None
    operation: str | None = None
    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    skip: int = 0
    times: int | None = 1
    delay: float = 0
    error: str | None = None
    message: str = "Injected by the stand-in"
    status: int = 400
    cut: Cut | None = None
    answer: Mapping[str, Any] | None = None
    body: str | None = None
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.cut not in (None, "before", "after", "body"):
            raise ValueError(f'cut is "before", "after" or "body", not {self.cut!r}')
        if not any((self.delay, self.error, self.cut, self.answer is not None)) and (
            self.body is None
        ):
            raise ValueError("a fault needs an effect: delay, error, cut, answer or body")

    def concerns(self, call: "Target") -> bool:
        return (
            self.service in (None, call.service)
            and self.operation in (None, call.operation)
            and self.account in (None, call.account)
            and self.region in (None, call.region)
            and all(call.params.get(name) == value for name, value in self.parameters.items())
        )

    def strikes(self) -> bool:
        """Counts one matching call, and tells whether this is one that fails."""
        self.seen += 1
        position = self.seen - self.skip
        return position > 0 and (self.times is None or position <= self.times)


@dataclass(frozen=True)
class Target:
    """The call that faults are matched against."""

    service: str
    operation: str
    account: str
    region: str
    params: Mapping[str, Any]


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, call: Target) -> Fault | None:
        """The fault that hits this call; of several the one that was added first.

        Every matching rule counts the call, so `skip` means the same whatever else is injected.
        """
        striking = [fault for fault in self._faults if fault.concerns(call) and fault.strikes()]
        return striking[0] if striking else None

    def throttle(self, **matching: Any) -> Fault:
        """Throttling as most services answer it; name another `error` and `status` for the rest."""
        return self.add(
            Fault(**{"error": "ThrottlingException", "message": "Rate exceeded", **matching})
        )
