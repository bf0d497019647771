"""The plans of a digest that a user may approve together, and those that they choose."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

from bot.core.digests import PlanSelection
from bot.core.errors import ErrorText
from bot.core.plan import ImageGroupCounts, PlanState
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import Refusal


class PlanWarning(StrEnum):
    """Why a user should look at a plan before they approve it. RECENT_PULLS: images to delete were
    pulled in the last 30 days. FORGOTTEN: images to delete have only tags that no keep rule could
    match. UNKNOWN: an earlier version of the bot made the plan, and looked for neither."""

    RECENT_PULLS = "recent_pulls"
    FORGOTTEN = "forgotten"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChoosablePlan:
    """A plan that the user may approve. `usd_per_month`: what it saves."""

    plan: PlanRecord
    images: ImageGroupCounts
    usd_per_month: float

    @property
    def warnings(self) -> tuple[PlanWarning, ...]:
        found = {
            PlanWarning.RECENT_PULLS: self.images.recent_pulls > 0,
            PlanWarning.FORGOTTEN: self.images.forgotten > 0,
            PlanWarning.UNKNOWN: self.plan.image_groups is None,
        }
        return tuple(warning for warning, applies in found.items() if applies)


class RefusedPlan(NamedTuple):
    """A plan for which a decision is refused. `reason` is an ErrorText if its images could not be
    read."""

    plan: PlanRecord
    reason: Refusal


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """The plans of a digest, those with the largest saving first."""

    choosable: tuple[ChoosablePlan, ...]
    apart: tuple[RefusedPlan, ...]

    def only(self, plans: Iterable[str]) -> Self:
        """Without the other plans."""
        ids = frozenset(plans)
        return type(self)(
            tuple(each for each in self.choosable if each.plan.id in ids),
            tuple(each for each in self.apart if each.plan.id in ids),
        )


class ChoiceTotals(NamedTuple):
    """What plans delete and save together."""

    plans: int
    images: int
    usd_per_month: float

    @classmethod
    def of(cls, chosen: Iterable[ChoosablePlan]) -> Self:
        every = list(chosen)
        images = sum(each.images.to_delete for each in every)
        return cls(len(every), images, sum(each.usd_per_month for each in every))


class FrozenOffer(NamedTuple):
    """An offer. `selection`: its versions, as they are stored."""

    selection: PlanSelection
    offer: PlanOffer


@dataclass(frozen=True, slots=True)
class DecisionOnSeveral:
    """What a decision on several plans did. `done`: the plans that it changed. `failure`: what
    ended it early; `left`: the number of plans that it did not reach then."""

    done: tuple[PlanRecord, ...]
    refused: tuple[RefusedPlan, ...]
    failure: ErrorText | None = None
    left: int = 0


def found_by_name(plans: Iterable[PlanRecord], typed: str) -> Iterator[PlanRecord]:
    """The plans of repositories with `typed` in their name: an exact match first, then names that
    start with it. The order is otherwise kept. All plans if `typed` is empty."""
    wanted = typed.strip().casefold()
    names = [(each.repository.name.casefold(), each) for each in plans]
    matching = ((name, each) for name, each in names if wanted in name)
    ranked = sorted(matching, key=lambda pair: (pair[0] != wanted, not pair[0].startswith(wanted)))
    return (each for _, each in ranked)


def without_warnings(offer: PlanOffer, selection: PlanSelection) -> frozenset[str]:
    """The IDs of all plans without warnings, and of those that changed since they were frozen: the
    user may have meant them."""
    unchanged = {each.plan.id for each in offer.choosable if not each.warnings}
    changed = {each.plan.id for each in offer.apart if each.plan.id in selection.versions}
    return frozenset(unchanged | changed)


def is_approved_in(plan: PlanRecord, selection: PlanSelection) -> bool:
    """Whether the approval that the user gave with the selection still counts."""
    at = selection.submitted_at
    if at is None or plan.id not in selection.approved:
        return False
    return any(
        each.by == selection.user
        and each.version == selection.versions.get(plan.id)
        and each.at >= at
        for each in plan.current_approvals
    )


def can_be_stopped(plan: PlanRecord) -> bool:
    """Whether a stop has an effect: it was not requested before."""
    if plan.state is PlanState.EXECUTING:
        return plan.stop_asked_by is None
    return plan.state is PlanState.APPROVED
