"""The next version of a plan, made of the last one alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.following import Following, nearest_parent, with_dependents
from bot.core.graph import Graph, build_graph
from bot.core.judge import Judged
from bot.core.pins import Pin, PinBoard
from bot.core.plan import Plan, savings_of
from bot.core.reasons import Pinned, Reason, RuleName, Verdict
from bot.core.savings import Prices, Savings


def with_pins(plan: Plan, pins: Iterable[Pin], now: datetime, usd_per_gb_month: float) -> Plan:
    """The plan as it is with these pins besides, from what is known of it: AWS is not asked again.

    Nothing is ever added to what goes. What stays anyway gets the pins as reasons: a plan that is
    made afresh says the same.
    """
    board = PinBoard(pins, now)
    pinned = {j.manifest.digest: found for j in plan.judged if (found := board.of(j.manifest))}
    if not pinned:
        return plan
    graph = build_graph(judged.manifest for judged in plan.judged)
    spared = with_dependents(graph, pinned) & set(plan.delete)
    kept = (graph.manifests.keys() - plan.delete) | spared
    judging = _JudgingWithPins(graph, kept, spared, pinned, Following(graph))
    judged = tuple(map(judging.judge_again, plan.judged))
    return replace(
        plan,
        judged=judged,
        delete=tuple(digest for digest in plan.delete if digest not in spared),
        savings=_savings(plan.savings, judged, usd_per_gb_month) if spared else plan.savings,
    )


@dataclass(frozen=True, slots=True)
class _JudgingWithPins:
    """`kept` and `spared`: with the pins; `spared` was to go before."""

    graph: Graph
    kept: set[str]
    spared: set[str]
    pinned: Mapping[str, list[Pin]]
    following: Following

    def judge_again(self, before: Judged) -> Judged:
        digest = before.manifest.digest
        if digest not in self.kept:
            return before
        parent = nearest_parent(self.graph, digest, self.kept)
        reasons = before.reasons if before.verdict is Verdict.KEEP else ()
        if digest in self.pinned:
            reasons = _besides(reasons, self.pinned[digest])
        if parent in self.spared:
            own = (reason for reason in reasons if reason.rule is not RuleName.FOLLOWS)
            reasons = (*own, self.following.reason(before.manifest, parent))
        return replace(
            before, verdict=Verdict.KEEP, parent=parent, reasons=reasons, pulled_lately=False
        )


def _besides(reasons: tuple[Reason, ...], pins: Iterable[Pin]) -> tuple[Reason, ...]:
    """Pins come first, each once. If an earlier version of the bot stored them as sentences,
    nothing is added."""
    if any(each.rule is RuleName.PINNED and not isinstance(each, Pinned) for each in reasons):
        return reasons
    by_pins = map(Pinned, pins)
    every = dict.fromkeys((*reasons, *by_pins))
    return tuple(sorted(every, key=lambda reason: reason.rule is not RuleName.PINNED))


def _savings(before: Savings, judged: Iterable[Judged], usd_per_gb_month: float) -> Savings:
    """A stored plan knows only the layers that it would free."""
    prices = Prices(usd_per_gb_month, layers_stay_within=before.exact)
    return replace(savings_of(judged, prices), stored_bytes=before.stored_bytes)
