"""Decisions on several plans of a digest, without Slack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import pytest

from bot.core.digests import Digest
from bot.core.errors import DamagedDataError, RefusedError, RequestError, ServiceError
from bot.core.permission_reasons import NotAnApprover, WorkspaceGuest
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.plan_choices import ChoiceTotals, FrozenOffer, RefusedPlan
from bot.core.plan_transitions import proposed
from bot.core.policy import ApprovalRules
from bot.core.records import AuditEventName, PlanRecord, StoreChange
from bot.core.refusal_reasons import (
    AlreadyApproved,
    ApprovableOnlyInChannel,
    OutdatedVersion,
    PlanIncomplete,
    Refusal,
    ReportOnlyMode,
    RepositoryNameNotTyped,
    WrongPlanState,
)
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from bot.store.store import Store
from bot.usecases.decisions import ApprovalRequest, Decisions
from bot.usecases.selections import SUBMITTED_BEFORE, Selections
from tests.render.builders import HERE
from tests.support import NOW, PRICES
from tests.usecases.store_env import CAT, DAN, WEEK, StoreEnv, content, refused

CHANNEL = "C1"
GUEST = SlackUser("U3EVE", "T1", is_guest=True, groups=None)
ROUND = ReportRound("*", NOW.replace(tzinfo=None), 0.0)
IDS = count(1)


@dataclass
class Case:
    """A digest of three plans: `r0`, `r1` and `r2`; each deletes two images."""

    env: StoreEnv
    digest: Digest
    plans: Sequence[PlanRecord]

    def selections(self, store: Store | None = None) -> Selections:
        opened = store or self.env.store
        decisions = Decisions(
            opened, self.env.clock, lambda _: self.env.rules, self.env.rules, timedelta(minutes=5)
        )
        return Selections(opened, decisions, lambda: PRICES, lambda: f"s{next(IDS)}")

    def chosen(self, person: SlackUser = CAT) -> FrozenOffer:
        """A choice of all plans."""
        selections = self.selections()
        frozen = selections.freeze(self.digest, person, CHANNEL)
        ids = [plan.id for plan in self.plans]
        return selections.choose(frozen.selection, ids, person, CHANNEL)

    def changed(self, number: int) -> PlanRecord:
        """A new version with one image to delete."""
        made = replace(content("new", "old"), repository=self.plans[number].repository)
        before = self.now()[number]
        after = replace(
            proposed(before.id, made, self.env.now, self.env.now + WEEK),
            version=before.version + 1,
            revision=before.revision + 1,
        )
        assert self.env.theirs.commit(StoreChange((), before, after, made))
        return after

    def now(self) -> list[PlanRecord]:
        return [self.env.as_stored(plan) for plan in self.plans]

    def states(self) -> list[PlanState]:
        return [plan.state for plan in self.now()]


@pytest.fixture
def case(env: StoreEnv) -> Case:
    plans = []
    for number in range(3):
        repository = replace(HERE, name=f"r{number}", uri=f"{HERE.uri[:-8]}r{number}")
        made = replace(content("new", "old", "older"), repository=repository)
        plan = proposed(f"p{number}", made, NOW, NOW + WEEK)
        assert env.store.commit(StoreChange((), None, plan, made))
        plans.append(plan)
    reports = [
        ScheduledReport(plan.repository.uri, ROUND, ReportOutcome.READY, plan=plan.id)
        for plan in plans
    ]
    env.store.add_reports(reports, NOW)
    digest = env.store.make_digest(Digest("d1", ROUND.entry, ROUND.local, CHANNEL, NOW))
    return Case(env, digest, plans)


def reasons(refused_plans: Sequence[RefusedPlan]) -> dict[str, Refusal]:
    return {each.plan.repository.name: each.reason for each in refused_plans}


def test_freeze_and_choose(case: Case) -> None:
    selections = case.selections()
    frozen = selections.freeze(case.digest, CAT, CHANNEL)
    assert frozen.selection.versions == {"p0": 1, "p1": 1, "p2": 1}
    assert case.env.store.selection(frozen.selection.id) == frozen.selection
    assert ChoiceTotals.of(frozen.offer.choosable).images == 6
    chosen = selections.choose(frozen.selection, ["p1", "p7"], CAT, CHANNEL)
    assert chosen.selection.versions == {"p1": 1}
    assert chosen.offer.apart == ()


def test_every_reason_that_keeps_a_plan_apart(case: Case) -> None:
    env = case.env
    case.selections().decisions.approve("p0", CAT, ApprovalRequest(1, CHANNEL))
    incomplete = replace(case.now()[1], complete=False, revision=1)
    assert env.theirs.commit(StoreChange((), case.now()[1], incomplete))
    env.rules = replace(env.rules, confirm_over=0.5)
    frozen = case.selections().freeze(case.digest, CAT, CHANNEL)
    assert reasons(frozen.offer.apart) == {
        "r0": WrongPlanState("r0", PlanState.APPROVED),
        "r1": PlanIncomplete(),
        "r2": RepositoryNameNotTyped("r2", 2, 3),
    }
    assert env.store.selection(frozen.selection.id) is None
    env.now += timedelta(days=8)
    apart = reasons(case.selections().freeze(case.digest, CAT, CHANNEL).offer.apart)
    assert apart["r2"] == WrongPlanState("r2", PlanState.EXPIRED)


def test_numbers_of_images_that_are_not_stored(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted; a plan that cannot be read cannot be chosen."""
    read = case.env.store.digest_reports

    def without_numbers(digest: Digest) -> object:
        return [
            each._replace(plan=replace(each.plan, image_groups=None))
            for each in read(digest)
            if each.plan
        ]

    def damaged() -> None:
        raise DamagedDataError("The plan is damaged")

    monkeypatch.setattr(case.env.store, "digest_reports", without_numbers)
    case.env.store.before_next["content"] = damaged
    offer = case.selections().freeze(case.digest, CAT, CHANNEL).offer
    assert [each.images.to_delete for each in offer.choosable] == [2, 2]
    assert str(reasons(offer.apart)["r0"]).startswith("ErrorText(text='The plan is damaged'")


def test_approve(case: Case) -> None:
    selection, _ = case.chosen()
    case.selections().start(selection, CAT)
    decided = case.selections().approve(selection, CAT, CHANNEL)
    assert (len(decided.done), decided.refused, decided.failure) == (3, (), None)
    assert case.states() == [PlanState.APPROVED] * 3
    assert case.env.events() == [AuditEventName.APPROVED] * 3
    assert case.selections().totals(decided.done)[:2] == (3, 6)
    stored = case.env.store.selection(selection.id)
    assert stored
    assert stored.approved == {"p0", "p1", "p2"}


def test_a_selection_is_submitted_once_and_by_its_user(case: Case) -> None:
    selection, _ = case.chosen()
    with pytest.raises(RequestError, match="Another user made this choice"):
        case.selections().start(selection, DAN)
    case.selections().start(selection, CAT)
    with pytest.raises(RequestError, match=SUBMITTED_BEFORE[:30]):
        case.selections(case.env.theirs).start(selection, CAT)


def test_a_version_that_changed_is_refused_and_the_others_are_not(case: Case) -> None:
    selection, _ = case.chosen()
    case.changed(1)
    case.selections().start(selection, CAT)
    decided = case.selections().approve(selection, CAT, CHANNEL)
    assert reasons(decided.refused) == {"r1": OutdatedVersion(2, 1)}
    assert case.states() == [PlanState.APPROVED, PlanState.PROPOSED, PlanState.APPROVED]
    assert case.env.events().count(AuditEventName.REFUSED) == 1


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_version_that_changes_before_or_while_it_is_approved(case: Case, when: str) -> None:
    selection, _ = case.chosen()
    if when == "before":
        case.changed(0)
    else:
        case.env.store.before_next["commit"] = lambda: case.changed(0)
    case.selections().start(selection, CAT)
    decided = case.selections().approve(selection, CAT, CHANNEL)
    assert reasons(decided.refused) == {"r0": OutdatedVersion(2, 1)}
    assert case.states()[0] is PlanState.PROPOSED


def test_another_user_approves_while_this_one_does(case: Case) -> None:
    selection, _ = case.chosen()
    case.selections().start(selection, CAT)
    theirs = case.selections(case.env.theirs).decisions
    consent = ApprovalRequest(1, CHANNEL)
    case.env.store.before_next["commit"] = lambda: theirs.approve("p0", DAN, consent)
    decided = case.selections().approve(selection, CAT, CHANNEL)
    assert reasons(decided.refused) == {"r0": WrongPlanState("r0", PlanState.APPROVED)}
    assert case.env.events().count(AuditEventName.APPROVED) == 3


def test_two_approvals(case: Case) -> None:
    case.env.rules = replace(case.env.rules, required=2)
    for person in (CAT, DAN):
        selection, _ = case.chosen(person)
        case.selections().start(selection, person)
        case.selections().approve(selection, person, CHANNEL)
        if person is CAT:
            apart = case.selections().freeze(case.digest, CAT, CHANNEL).offer.apart
            assert set(reasons(apart).values()) == {AlreadyApproved(CAT.id)}
            assert case.states() == [PlanState.PROPOSED] * 3
    assert case.states() == [PlanState.APPROVED] * 3


def test_the_database_fails(case: Case) -> None:
    selection, _ = case.chosen()
    case.selections().start(selection, CAT)

    def fail() -> None:
        raise ServiceError("The database is away")

    def fail_at_the_next() -> None:
        case.env.store.before_next["commit"] = fail

    case.env.store.before_next["commit"] = fail_at_the_next
    decided = case.selections().approve(selection, CAT, CHANNEL)
    assert (len(decided.done), decided.left) == (1, 2)
    assert decided.failure
    assert decided.failure.text == "The database is away"
    again, _ = case.chosen()
    assert again.versions == {"p1": 1, "p2": 1}


Rules = Callable[[ApprovalRules], ApprovalRules]


@pytest.mark.parametrize(
    ("rules", "channel", "refusal"),
    [
        (lambda rules: rules, CHANNEL, None),
        (lambda rules: rules, "C2", ApprovableOnlyInChannel("r0", CHANNEL)),
        (lambda rules: replace(rules, report_only=True), CHANNEL, ReportOnlyMode()),
        (lambda rules: replace(rules, approvers=(DAN.id,)), CHANNEL, NotAnApprover(CAT.id)),
        (lambda rules: replace(rules, approvers=(CAT.id,)), CHANNEL, None),
    ],
)
def test_who_may_approve_plans_of_the_digest(
    case: Case, rules: Rules, channel: str, refusal: Refusal | None
) -> None:
    case.env.rules = rules(case.env.rules)
    found = case.selections().refusal(case.digest, CAT, channel)
    assert (found.reason if found else None) == refusal


def test_a_refusal_is_in_the_audit(case: Case) -> None:
    found = case.selections().refusal(case.digest, GUEST, CHANNEL)
    assert found
    assert found.reason == WorkspaceGuest(GUEST.id)
    with pytest.raises(RefusedError):
        case.selections().refuse(GUEST, found.reason)
    assert case.env.last_event().event is AuditEventName.REFUSED


def test_a_digest_without_plans(case: Case) -> None:
    later = replace(case.digest, id="d2", local=case.digest.local + timedelta(days=7))
    empty = case.env.store.make_digest(later)
    assert case.selections().refusal(empty, GUEST, CHANNEL) is None
    assert case.selections().freeze(empty, CAT, CHANNEL).offer.choosable == ()


def test_a_user_who_may_approve_no_more(case: Case) -> None:
    """Nothing is approved, and the audit has one refusal."""
    selection, _ = case.chosen()
    case.env.rules = replace(case.env.rules, approvers=(DAN.id,))
    case.selections().start(selection, CAT)
    with refused(NotAnApprover(CAT.id)):
        case.selections().approve(selection, CAT, CHANNEL)
    assert case.env.events() == [AuditEventName.REFUSED]


def test_stop(case: Case) -> None:
    """Leaves plans alone that were stopped before, or approved by another user since."""
    selection, _ = case.chosen()
    selections = case.selections()
    selections.start(selection, CAT)
    selections.approve(selection, CAT, CHANNEL)
    stored = case.env.store.selection(selection.id)
    assert stored
    for id_ in ("p0", "p1"):
        selections.decisions.stop(id_, DAN)
    selections.decisions.approve("p1", DAN, ApprovalRequest(1, CHANNEL))
    with refused(WorkspaceGuest(GUEST.id)):
        selections.stop(stored, GUEST)
    assert [plan.id for plan in selections.stop(stored, DAN).done] == ["p2"]
    assert case.states() == [PlanState.PROPOSED, PlanState.APPROVED, PlanState.PROPOSED]
    assert selections.stop(stored, DAN).done == ()


def test_dismiss(case: Case) -> None:
    """Leaves approved plans and versions alone that the digest does not show."""
    case.selections().decisions.approve("p0", CAT, ApprovalRequest(1, CHANNEL))
    case.env.now += timedelta(minutes=1)
    case.changed(1)
    decided = case.selections().dismiss(case.digest, DAN)
    assert [plan.id for plan in decided.done] == ["p2"]
    assert reasons(decided.refused) == {"r1": OutdatedVersion(2, 1)}
    shown = replace(case.digest, shown_at=case.env.now)
    assert [plan.id for plan in case.selections().dismiss(shown, DAN).done] == ["p1"]
    assert case.states() == [PlanState.APPROVED, PlanState.DISMISSED, PlanState.DISMISSED]
