"""Decisions on several plans of a digest: approve, stop or dismiss them.

The versions that a person may choose are frozen in the store, so that they approve nothing else.
Every plan then passes the checks of a single decision and has its own audit events. A plan that is
refused does not stop the others.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from bot.core.digests import Digest, PlanSelection
from bot.core.errors import (
    DamagedDataError,
    ErrorText,
    PlanReplacedError,
    RefusedError,
    RequestError,
    ServiceError,
)
from bot.core.permission_reasons import PersonRefusal
from bot.core.permissions import (
    PermissionRefused,
    Person,
    may_approve,
    may_approve_there,
    why_unapprovable,
)
from bot.core.plan import ImageGroupCounts, PlanState, count_image_groups
from bot.core.plan_choices import (
    ChoiceTotals,
    ChoosablePlan,
    DecisionOnSeveral,
    FrozenOffer,
    PlanOffer,
    RefusedPlan,
    can_be_stopped,
    is_approved_in,
)
from bot.core.plan_transitions import is_expired
from bot.core.prices import RegionPrices
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import OutdatedVersion, Refusal, WrongPlanState
from bot.ports import PriceReader
from bot.usecases.audit import AuditedAction
from bot.usecases.decisions import ApprovalRequest, Decisions

if TYPE_CHECKING:
    from bot.store.store import Store


SUBMITTED_BEFORE = (
    "This choice was submitted before, and its plans are approved at most once: to approve others, "
    "choose again"
)


@dataclass(frozen=True, slots=True)
class Selections:
    """`new_id` makes the ID of a selection. A digest must exist in the store."""

    store: "Store"
    decisions: Decisions
    read_prices: PriceReader
    new_id: Callable[[], str]

    def refusal(self, digest: Digest, person: Person, channel: str | None) -> RefusedPlan | None:
        """Why the person may approve no plan of the digest in this channel, whatever the states of
        the plans; None if they may approve some."""
        first = None
        for plan in self.plans(digest):
            rules = self.decisions.rules_of(plan.repository)
            permission = may_approve_there(person, plan, rules, channel)
            if not isinstance(permission, PermissionRefused):
                return None
            first = first or RefusedPlan(plan, permission.reason)
        return first

    def refuse(self, person: Person, reason: Refusal) -> NoReturn:
        """Records the refusal in the audit, and raises RefusedError."""
        AuditedAction(self.store, person, self.decisions.clock()).refuse(reason)

    def freeze(self, digest: Digest, person: Person, channel: str | None) -> FrozenOffer:
        """Stores the versions that the person may approve now, each as `Decisions.approve` checks
        it without a typed name."""
        plans = self.plans(digest)
        offer = self._offer(plans, {plan.id: plan.version for plan in plans}, person, channel)
        return self._freeze(digest.id, person, offer)

    def offer(self, selection: PlanSelection, person: Person, channel: str | None) -> PlanOffer:
        """The plans of the digest now. Only those of the selection can be chosen, and only in its
        versions."""
        plans = self._plans_of_digest(selection)
        versions = {plan.id: selection.versions.get(plan.id, plan.version) for plan in plans}
        offer = self._offer(plans, versions, person, channel)
        frozen = tuple(each for each in offer.choosable if each.plan.id in selection.versions)
        return replace(offer, choosable=frozen)

    def choose(
        self,
        selection: PlanSelection,
        chosen: Collection[str],
        person: Person,
        channel: str | None,
    ) -> FrozenOffer:
        """Stores a selection of the chosen plans that the person may still approve. The others are
        in the offer, apart."""
        offer = self.offer(selection, person, channel).only(chosen)
        return self._freeze(selection.digest, person, offer)

    def start(self, selection: PlanSelection, person: Person) -> None:
        """Marks the selection as submitted. Raises RequestError if it was submitted before."""
        if selection.user != person.name:
            raise RequestError("Another user made this choice: choose again")
        if not self.store.mark_submitted(selection, self.decisions.clock()):
            raise RequestError(SUBMITTED_BEFORE)

    def approve(
        self, selection: PlanSelection, person: Person, channel: str | None
    ) -> DecisionOnSeveral:
        """Approves each plan in the version of the selection, which `start` marked. If the database
        fails, a new selection can approve the rest."""

        def approve(plan: PlanRecord) -> PlanRecord:
            """Records the plan first, so that `stop` finds it even if the process ends here."""
            self.store.record_selected_approvals(selection, [plan.id])
            consent = ApprovalRequest(selection.versions[plan.id], channel)
            return self.decisions.approve(plan.id, person, consent)

        return self._decide(self._plans_of(selection), approve)

    def stop(self, selection: PlanSelection, person: Person) -> DecisionOnSeveral:
        """Stops the plans whose approvals from the selection still count. Omits those that ended,
        and those that a user has stopped."""
        plans = [
            plan
            for plan in self._plans_of(selection)
            if can_be_stopped(plan) and is_approved_in(plan, selection)
        ]
        return self._decide(plans, lambda plan: self.decisions.stop(plan.id, person))

    def dismiss(self, digest: Digest, person: Person) -> DecisionOnSeveral:
        """Dismisses the proposed plans in the versions that the digest's message shows."""

        def dismiss(plan: PlanRecord) -> PlanRecord:
            return self.decisions.dismiss(plan.id, person, _shown_version(digest, plan))

        plans = [each for each in self.plans(digest) if each.state is PlanState.PROPOSED]
        return self._decide(plans, dismiss)

    def totals(self, plans: Iterable[PlanRecord]) -> ChoiceTotals:
        """What the plans, which were chosen before, delete and save together."""
        prices = self.read_prices()
        counted = ((plan, self._image_groups(plan)) for plan in plans)
        return ChoiceTotals.of(
            ChoosablePlan(plan, images, _usd(plan, prices))
            for plan, images in counted
            if isinstance(images, ImageGroupCounts)
        )

    def plans(self, digest: Digest) -> Sequence[PlanRecord]:
        """The plans of the digest, those with the largest saving first."""
        prices = self.read_prices()
        found = [each.plan for each in self.store.digest_reports(digest) if each.plan]
        return sorted(found, key=lambda plan: (-_usd(plan, prices), plan.repository.uri))

    def _plans_of(self, selection: PlanSelection) -> Sequence[PlanRecord]:
        plans = self._plans_of_digest(selection)
        return [plan for plan in plans if plan.id in selection.versions]

    def _plans_of_digest(self, selection: PlanSelection) -> Sequence[PlanRecord]:
        digest = self.store.digest(selection.digest)
        assert digest, "digests are never deleted from the store"
        return self.plans(digest)

    def _freeze(self, digest: str, person: Person, offer: PlanOffer) -> FrozenOffer:
        versions = {each.plan.id: each.plan.version for each in offer.choosable}
        now = self.decisions.clock()
        selection = PlanSelection(self.new_id(), digest, person.name, now, versions)
        if versions:
            self.store.save_selection(selection)
        return FrozenOffer(selection, offer)

    def _offer(
        self,
        plans: Sequence[PlanRecord],
        versions: Mapping[str, int],
        person: Person,
        channel: str | None,
    ) -> PlanOffer:
        prices = self.read_prices()
        choosable: list[ChoosablePlan] = []
        apart: list[RefusedPlan] = []
        for plan in plans:
            why_not = self._why_not(plan, versions[plan.id], person, channel)
            found = why_not or self._image_groups(plan)
            if isinstance(found, ImageGroupCounts):
                choosable.append(ChoosablePlan(plan, found, _usd(plan, prices)))
            else:
                apart.append(RefusedPlan(plan, found))
        return PlanOffer(tuple(choosable), tuple(apart))

    def _why_not(
        self, plan: PlanRecord, version: int, person: Person, channel: str | None
    ) -> Refusal | None:
        if is_expired(plan, self.decisions.clock()):
            return WrongPlanState(plan.repository.name, PlanState.EXPIRED)
        rules = self.decisions.rules_of(plan.repository)
        permission = may_approve(person, plan, rules, version=version, channel=channel, typed=None)
        if isinstance(permission, PermissionRefused):
            return _explained(plan, permission.reason)
        return None

    def _image_groups(self, plan: PlanRecord) -> ImageGroupCounts | ErrorText:
        """Counts the images of versions that were stored before their numbers were."""
        if plan.image_groups:
            return plan.image_groups
        try:
            return count_image_groups(self.store.content(plan.id, plan.version))
        except (PlanReplacedError, DamagedDataError) as error:
            return ErrorText.of(error)

    def _decide(
        self, plans: Sequence[PlanRecord], decide: Callable[[PlanRecord], PlanRecord]
    ) -> DecisionOnSeveral:
        """Ends early if the database fails. Raises RefusedError if the person may decide on
        none of the plans."""
        done: list[PlanRecord] = []
        refused: list[RefusedPlan] = []
        for plan in plans:
            try:
                done.append(decide(plan))
            except RefusedError as error:
                if isinstance(error.refusal, PersonRefusal) and not done:
                    raise
                refused.append(RefusedPlan(plan, _explained(plan, error.refusal)))
            except ServiceError as error:
                left = len(plans) - len(done) - len(refused)
                return DecisionOnSeveral(tuple(done), tuple(refused), ErrorText.of(error), left)
        return DecisionOnSeveral(tuple(done), tuple(refused))


def _explained(plan: PlanRecord, reason: Refusal) -> Refusal:
    """Names what is wrong with the newer version of an outdated plan."""
    if isinstance(reason, OutdatedVersion):
        return why_unapprovable(plan) or reason
    return reason


def _shown_version(digest: Digest, plan: PlanRecord) -> int:
    """The version in the digest's message: not the newest one if that was made after the last
    update."""
    is_newer = plan.proposed_at > (digest.shown_at or digest.made_at)
    return plan.version - 1 if is_newer else plan.version


def _usd(plan: PlanRecord, prices: RegionPrices) -> float:
    return prices.cost_of(plan.repository, plan.freed_bytes).usd_per_month
