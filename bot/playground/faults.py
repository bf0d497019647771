"""What injected faults of every stand-in share: how often they strike, and the crudest effects."""

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

Cut = Literal["before", "after", "body"]


@dataclass(kw_only=True)
class Rule:
    """Of the calls that match, the first `skip` pass, the next `times` fail (None: all others).
    With `every` calls pass between those that fail: of 3, the third fails, the sixth, and so on.

    - `delay` holds the answer back by real seconds; it goes with every other effect, or alone.
    - `cut` drops the connection: "before" the call takes effect, "after" it did (the reply is
      lost), or in the middle of the answer's "body".
    - `body` replaces the answer, unchecked.
    """

    skip: int = 0
    times: int | None = 1
    every: int = 1
    delay: float = 0
    cut: Cut | None = None
    body: str | None = None
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.cut not in (None, "before", "after", "body"):
            raise ValueError(f'cut is "before", "after" or "body", not {self.cut!r}')
        if self.every < 1:
            raise ValueError(f"every is 1 or more, not {self.every}")
        if not self.has_effect():
            raise ValueError("a fault needs an effect")

    def has_effect(self) -> bool:
        return bool(self.delay or self.cut) or self.body is not None

    def concerns(self, call: Any) -> bool:
        """Whether the rule matches this call."""
        raise NotImplementedError

    def strikes(self) -> bool:
        """Counts one matching call, and tells whether this is one that fails."""
        self.seen += 1
        turn, rest = divmod(self.seen - self.skip, self.every)
        return turn > 0 and rest == 0 and (self.times is None or turn <= self.times)


RuleT = TypeVar("RuleT", bound=Rule)


class Faults(Generic[RuleT]):
    def __init__(self) -> None:
        self._faults: list[RuleT] = []

    def add(self, fault: RuleT) -> RuleT:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, call: Any) -> RuleT | None:
        """The fault that hits this call; of several the one that was added first.

        Every matching rule counts the call, so `skip` means the same whatever else is injected.
        """
        striking = [fault for fault in self._faults if fault.concerns(call) and fault.strikes()]
        return striking[0] if striking else None
