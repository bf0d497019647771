"""Injected faults: which calls fail, how often, and the effects that all stand-ins support."""

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

ConnectionCut = Literal["before", "after", "body"]


@dataclass(kw_only=True)
class FaultRule:
    """Of the matching calls, the first `skip` succeed and the next `times` fail (None: all).

    With `every` = 3 only each third call fails: the third, the sixth, and so on.

    - `delay` delays the answer by real seconds. It can be combined with every other effect.
    - `cut` drops the connection: "before" the call takes effect, "after" it (the reply is
      lost), or in the middle of the answer's "body".
    - `body` replaces the answer, unchecked.
    """

    skip: int = 0
    times: int | None = 1
    every: int = 1
    delay: float = 0
    cut: ConnectionCut | None = None
    body: str | None = None
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.cut not in (None, "before", "after", "body"):
            raise ValueError(f'cut is "before", "after" or "body", not {self.cut!r}')
        if self.every < 1:
            raise ValueError(f"every is 1 or more, not {self.every}")
        if not self.has_effect():
            raise ValueError("a fault needs an effect, such as delay, cut or body")

    def has_effect(self) -> bool:
        return bool(self.delay or self.cut) or self.body is not None

    def matches(self, call: Any) -> bool:
        """Whether the rule matches this call."""
        raise NotImplementedError

    def count_call(self) -> bool:
        """Counts one matching call. Returns whether this call fails."""
        self.seen += 1
        nth, rest = divmod(self.seen - self.skip, self.every)
        return nth > 0 and rest == 0 and (self.times is None or nth <= self.times)


FaultRuleT = TypeVar("FaultRuleT", bound=FaultRule)


class FaultRules(Generic[FaultRuleT]):
    def __init__(self) -> None:
        self._faults: list[FaultRuleT] = []

    def add(self, fault: FaultRuleT) -> FaultRuleT:
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def rule_for(self, call: Any) -> FaultRuleT | None:
        """The fault for this call, the first added one if several apply.

        Every matching rule counts the call, so that rules do not change each other's `skip`.
        """
        matching = [each for each in self._faults if each.matches(call)]
        failing = [each for each in matching if each.count_call()]
        return failing[0] if failing else None
