"""Compares the plan under the settings in force with the plan under other settings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Self

from bot.core.image_groups import PlannedImageGroup, group_by_root
from bot.core.judge import JudgedManifest
from bot.core.plan import Plan, count_image_groups
from bot.core.plan_problems import PlanProblem
from bot.core.prices import GbPrice, StorageCost
from bot.core.repository import RepositoryId
from bot.core.savings import Savings, SavingsTerms, find_savings
from bot.core.unmatched_tags import UnmatchedTags
from bot.core.usage import RepositoryUsage
from bot.core.verdict_reasons import Verdict


class PolicyCoverage(StrEnum):
    """Whether the other settings plan a repository. With NO_POLICY and REGISTRY_NOT_LISTED they
    keep all of its images."""

    COVERED = "covered"
    NO_POLICY = "no_policy"
    REGISTRY_NOT_LISTED = "registry_not_listed"


class VerdictChange(StrEnum):
    """DELETED: only the other settings delete the manifest. KEPT: only they keep it."""

    DELETED = "deleted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class ChangedManifest:
    """A manifest that one of two plans deletes, and the other keeps."""

    change: VerdictChange
    in_force: JudgedManifest
    other: JudgedManifest

    @property
    def deleted(self) -> JudgedManifest:
        """In the plan that deletes it."""
        return self.other if self.change is VerdictChange.DELETED else self.in_force


@dataclass(frozen=True, slots=True)
class ChangedImageGroup:
    """A root, and the manifests with the same change that belong to it."""

    root: ChangedManifest
    others: tuple[ChangedManifest, ...]

    @property
    def members(self) -> tuple[ChangedManifest, ...]:
        return (self.root, *self.others)

    @property
    def deleted(self) -> PlannedImageGroup:
        """In the plan that deletes it."""
        return PlannedImageGroup(self.root.deleted, tuple(each.deleted for each in self.others))


@dataclass(frozen=True, slots=True)
class ImageChanges:
    """Images that one of two plans deletes, and the other keeps, largest first.

    `freed_bytes`: what their deletion frees in addition to the plan that keeps them.
    `usd_per_month`: its price under the other settings. `exact`: as in Savings."""

    groups: tuple[ChangedImageGroup, ...] = ()
    freed_bytes: int = 0
    usd_per_month: float = 0.0
    exact: bool = True


def join_changes(changes: Iterable[ImageChanges]) -> ImageChanges:
    """Those of several repositories."""
    found = list(changes)
    return ImageChanges(
        tuple(chain.from_iterable(each.groups for each in found)),
        sum(each.freed_bytes for each in found),
        sum(each.usd_per_month for each in found),
        all(each.exact for each in found),
    )


@dataclass(frozen=True, slots=True)
class DeletionTotal:
    """What one or several plans delete. `images`: image groups. For the others, see Savings."""

    images: int
    freed_bytes: int
    usd_per_month: float
    exact: bool


@dataclass(frozen=True, slots=True)
class PlanWithPrice:
    """A plan, and the price of storage in its Region."""

    plan: Plan
    price: GbPrice


@dataclass(frozen=True, slots=True)
class ComparedPlan:
    """What a comparison shows of a whole plan, whose manifests may be many. `deletions`: image
    groups to delete."""

    deletions: int
    savings: Savings
    price: GbPrice
    usage: RepositoryUsage
    problems: tuple[PlanProblem, ...]
    unmatched_tags: UnmatchedTags

    @classmethod
    def of(cls, priced: PlanWithPrice) -> Self:
        plan = priced.plan
        return cls(
            count_image_groups(plan).to_delete,
            plan.savings,
            priced.price,
            plan.usage,
            plan.problems,
            plan.unmatched_tags,
        )


def total_deletions(plans: Iterable[ComparedPlan]) -> DeletionTotal:
    found = list(plans)
    return DeletionTotal(
        sum(each.deletions for each in found),
        sum(each.savings.freed_bytes for each in found),
        sum(each.savings.usd_per_month for each in found),
        all(each.savings.exact for each in found),
    )


@dataclass(frozen=True, slots=True)
class SettingsComparison:
    """The plans for a repository under the settings in force and under other settings.

    `more_deleted`: images that only the other settings delete; `more_kept`: those that only they
    keep."""

    repository: RepositoryId
    coverage: PolicyCoverage
    in_force: ComparedPlan
    other: ComparedPlan
    more_deleted: ImageChanges
    more_kept: ImageChanges

    @property
    def is_complete(self) -> bool:
        return not (self.in_force.problems or self.other.problems)

    @property
    def freed_difference(self) -> StorageCost:
        """What the other plan frees more, negative if less, at its price."""
        more = self.other.savings.freed_bytes - self.in_force.savings.freed_bytes
        return self.other.price.cost_of(more)


def compare_plans(
    in_force: PlanWithPrice, other: PlanWithPrice, coverage: PolicyCoverage
) -> SettingsComparison:
    """Both plans must be of the same manifests."""
    either = _freed_by_either(in_force.plan, other.plan)
    exact = in_force.plan.savings.exact and other.plan.savings.exact
    changed = list(_changed(in_force.plan, other.plan))

    def changes(change: VerdictChange, keeps: Plan) -> ImageChanges:
        cost = other.price.cost_of(either - keeps.savings.freed_bytes)
        groups = _grouped(each for each in changed if each.change is change)
        return ImageChanges(groups, cost.bytes, cost.usd_per_month, exact)

    return SettingsComparison(
        in_force.plan.repository,
        coverage,
        ComparedPlan.of(in_force),
        ComparedPlan.of(other),
        changes(VerdictChange.DELETED, in_force.plan),
        changes(VerdictChange.KEPT, other.plan),
    )


def _changed(in_force: Plan, other: Plan) -> Iterator[ChangedManifest]:
    for before, after in zip(in_force.judged, other.judged, strict=True):
        if before.verdict is not after.verdict:
            is_deleted = after.verdict is Verdict.DELETE
            change = VerdictChange.DELETED if is_deleted else VerdictChange.KEPT
            yield ChangedManifest(change, before, after)


def _grouped(changed: Iterable[ChangedManifest]) -> tuple[ChangedImageGroup, ...]:
    by_digest = {each.deleted.manifest.digest: each for each in changed}
    groups = group_by_root(each.deleted for each in by_digest.values())
    return tuple(
        ChangedImageGroup(
            by_digest[group.root.manifest.digest],
            tuple(by_digest[each.manifest.digest] for each in group.others),
        )
        for group in sorted(groups, key=lambda group: group.listed_bytes, reverse=True)
    )


def _freed_by_either(in_force: Plan, other: Plan) -> int:
    """Bytes that the deletion of all images of both plans would free."""
    deleted = {*in_force.delete, *other.delete}
    manifests = [each.manifest for each in other.judged]
    return find_savings(
        [each for each in manifests if each.digest not in deleted],
        [each for each in manifests if each.digest in deleted],
        SavingsTerms(0, layers_stay_within=True),
    ).freed_bytes
