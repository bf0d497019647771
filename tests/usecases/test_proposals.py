"""Proposing plans, finding them, keeping them open, and ending them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.audit_details import PinDetail, PlanFoundUnchanged, PlanProposed
from bot.core.errors import RequestError, ServiceError
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.policy import Policy, PolicyEntry
from bot.core.records import BOT_ACTOR, AuditEventName, PlanRecord
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.usage import ScanCoverage, SourceScan
from bot.core.usage_snapshot import UsageSnapshot
from bot.core.verdict_reasons import RuleName
from bot.playground.aws import StandIn
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store
from bot.usecases.planning import Planned, Planner
from bot.usecases.proposals import (
    Proposal,
    Proposer,
    expire,
    find_plan,
    keep_open,
    keep_proposal_open,
)
from bot.usecases.repositories import FoundRepository, RepositoryNames
from tests.render.builders import HERE
from tests.support import NOW, Shelf
from tests.usecases.scene import ANN, BOB, CAT, DAN, TERMS, WEEK, Scene


def test_what_is_found(scene: Scene) -> None:
    plan = scene.proposed()
    assert find_plan(scene.store, plan.id, scene.now + timedelta(days=1)) == plan


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("plan7", "No plan plan7: did you mean plan1?"),
        ("xyz", "No plan xyz: ecr-clean plans lists all plans"),
        ("plan\udcff", r"No plan 'plan\udcff': did you mean plan1?"),
        ("plan1\0", r"No plan 'plan1\x00': did you mean plan1?"),
        ("pl\xe4n", "No plan 'pl\xe4n': did you mean plan1?"),
        ("", "No plan '': ecr-clean plans lists all plans"),
    ],
)
def test_what_is_unknown(id_: str, said: str, scene: Scene) -> None:
    scene.proposed()
    with pytest.raises(RequestError) as caught:
        find_plan(scene.store, id_, scene.now)
    assert str(caught.value) == said


@dataclass
class Desk:
    """Proposes for the repository `team/api`, of which `newest` images stay."""

    scene: Scene
    shelf: Shelf
    registry: EcrRegistry
    cache: SqliteManifestCache
    newest: int = 1
    scanned_at: datetime | None = None

    def propose(self, store: Store | None = None, newest: int | None = None) -> Proposal:
        return self.proposer(self.planner(store, newest), store).propose(self.found)

    def proposer(self, planner: Planner, store: Store | None = None) -> Proposer:
        scene = self.scene
        return Proposer(store or scene.store, planner, scene.clock, scene.new_id, TERMS, ANN)

    @property
    def found(self) -> FoundRepository:
        return FoundRepository(self.shelf.id, self.registry)

    def to_go(self, plan: PlanRecord) -> set[str]:
        return set(self.scene.to_go(plan))

    def planner(self, store: Store | None = None, newest: int | None = None) -> Planner:
        rule = NewestRule(newest or self.newest, TagFilter())
        policy = Policy(timedelta(hours=24), Patterns(), (rule,))
        return Planner(
            snapshot=UsageSnapshot({}, {}, (SourceScan("ecs", "here", 3),), ()),
            scanned_at=self.scanned_at or self.scene.now,
            coverage=ScanCoverage(frozenset({self.shelf.id.registry})),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            usd_per_gb_month=0.10,
            cache=self.cache,
            store=store or self.scene.store,
            authority=self.scene.authority,
            clock=self.scene.clock,
            progress=lambda *_: None,
            names=RepositoryNames(),
        )


@pytest.fixture
def desk(
    aws: StandIn, scene: Scene, shelf: Shelf, registry: EcrRegistry, cache: SqliteManifestCache
) -> Desk:
    """With the images `old`, `older` and `new`."""
    aws.world.clock.set(NOW)
    for tag, age in (("new", 40), ("old", 41), ("older", 42)):
        shelf.image(tag, age=age)
    return Desk(scene, shelf, registry, cache)


def test_a_new_plan_is_remembered(desk: Desk, scene: Scene) -> None:
    found = desk.propose()
    plan = found.record
    assert found.is_new
    assert scene.as_stored(plan) == plan
    assert (plan.version, plan.state, plan.expires_at) == (1, PlanState.PROPOSED, NOW + WEEK)
    assert (plan.manifests, plan.deletions, plan.checked) == (3, 2, True)
    assert desk.to_go(plan) == {"old", "older"}
    event = scene.last_event()
    assert (event.event, event.by, event.plan, event.version, event.detail) == (
        AuditEventName.PROPOSED,
        ANN.name,
        plan.id,
        1,
        PlanProposed(2, 3, complete=True),
    )


def test_the_same_content_stays_as_it_is(desk: Desk, scene: Scene) -> None:
    first = desk.propose()
    scene.now += timedelta(days=1)
    again = desk.propose()
    assert (again.record, again.is_new) == (first.record, False)
    assert again.content.delete == first.content.delete
    assert scene.events() == [AuditEventName.PROPOSED]


def test_other_content_is_the_next_version(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record
    scene.now += timedelta(days=1)
    second = desk.propose(newest=2)
    plan = second.record
    assert second.is_new
    assert (plan.id, plan.version, plan.expires_at) == (first.id, 2, scene.now + WEEK)
    assert desk.to_go(plan) == {"older"}


@pytest.mark.parametrize("newest", [1, 2])
def test_an_approved_plan_is_never_superseded(newest: int, desk: Desk, scene: Scene) -> None:
    approved = scene.approve(desk.propose().record)
    again = desk.propose(newest=newest)
    assert (again.record, again.is_new) == (approved, False)
    assert len(again.content.delete) == 2
    assert scene.as_stored(approved) == approved


def test_a_look_counts_for_the_plan_that_it_found_unchanged(desk: Desk, scene: Scene) -> None:
    scene.approve(desk.propose().record)
    scene.now += timedelta(hours=1)
    desk.propose()
    assert scanned_at(scene) == scene.now


def test_what_an_approved_plan_leaves_behind_is_not_freed_twice(desk: Desk, scene: Scene) -> None:
    """What the look did not find any more is taken off what the look before it found."""
    scene.approve(desk.propose().record)
    first = scanned_at(scene)
    scene.now += timedelta(hours=1)
    desk.propose(newest=2)
    assert scanned_at(scene) == first


def scanned_at(scene: Scene) -> datetime:
    (known,) = scene.store.repositories()
    assert known.last_scan
    return known.last_scan.at


def test_a_plan_that_is_over_makes_room_for_a_new_one(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record
    scene.decisions().dismiss(first.id, ANN)
    second = desk.propose().record
    assert second.id != first.id
    assert second.version == 1


def test_a_plan_that_has_run_out_is_ended_first(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record
    scene.now += WEEK
    second = desk.propose().record
    assert second.id != first.id
    assert scene.as_stored(first).state is PlanState.EXPIRED


def test_somebody_else_ends_it_first(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record
    scene.now += WEEK
    scene.store.meanwhile["commit"] = lambda: desk.propose(scene.theirs)
    second = desk.propose()
    assert not second.is_new
    assert second.record.id != first.id
    assert scene.events().count(AuditEventName.EXPIRED) == 1


def test_an_incomplete_plan_is_remembered(aws: StandIn, desk: Desk, scene: Scene) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    found = desk.propose()
    assert not found.record.complete
    assert not found.content.complete
    assert scene.last_event().detail == PlanProposed(0, 3, complete=False)


def test_what_cannot_be_listed_leaves_no_trace(aws: StandIn, desk: Desk, scene: Scene) -> None:
    aws.world.deny("ecr:DescribeImages")
    with pytest.raises(ServiceError):
        desk.propose()
    assert scene.events() == []
    assert scene.store.tag_scan(desk.shelf.id) is None


def test_tags_are_remembered(desk: Desk, scene: Scene) -> None:
    """One that comes to an old image makes it the newest."""
    first = desk.propose().record
    scene.now += timedelta(days=1)
    with desk.shelf.world.lock:
        old = desk.shelf.repository.manifests[desk.shelf.repository.digest_by_tag["old"]]
        desk.shelf.repository.tag(old, "release")
    second = desk.propose()
    assert second.record.version == first.version + 1
    assert desk.to_go(second.record) == {"new", "older"}
    (young,) = (each for each in second.content.judged if "release" in each.manifest.tags)
    assert RuleName.MIN_AGE in {reason.rule for reason in young.reasons}


def test_a_pin_is_known_to_the_next_plan(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record
    pinned = scene.pin("old").plan
    again = desk.propose()
    assert (again.record, again.is_new) == (pinned, False)
    assert again.record.version == first.version + 1


def other_plan(desk: Desk) -> object:
    return desk.propose(desk.scene.theirs, newest=2)


def same_plan(desk: Desk) -> object:
    return desk.propose(desk.scene.theirs)


@pytest.mark.parametrize(
    ("meanwhile", "version", "is_new"), [(other_plan, 2, True), (same_plan, 1, False)]
)
def test_somebody_else_proposes_first(
    meanwhile: Callable[[Desk], object], version: int, desk: Desk, scene: Scene, *, is_new: bool
) -> None:
    scene.store.meanwhile["commit"] = lambda: meanwhile(desk)
    found = desk.propose()
    assert (found.record.version, found.is_new) == (version, is_new)
    assert desk.to_go(found.record) == {"old", "older"}
    assert [scene.as_stored(each) for each in scene.store.plans()] == [found.record]


def test_somebody_pins_while_it_is_planned(desk: Desk, scene: Scene) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.pin("old", person=BOB, store=scene.theirs)
    found = desk.propose()
    assert found.is_new
    assert (found.record.version, desk.to_go(found.record)) == (2, {"older"})
    assert list(found.content.delete) == [
        item.digest for item in scene.store.items(found.record.id, 2)
    ]


def test_somebody_pins_what_stays_anyway(desk: Desk, scene: Scene) -> None:
    scene.store.meanwhile["commit"] = lambda: scene.pin("new", person=BOB, store=scene.theirs)
    found = desk.propose()
    assert (found.record.version, found.is_new) == (2, True)
    assert desk.to_go(found.record) == {"old", "older"}
    assert desk.propose().record == found.record


def test_a_pin_on_the_version_before_is_not_lost(desk: Desk, scene: Scene) -> None:
    first = desk.propose(newest=2).record
    scene.store.meanwhile["commit"] = lambda: scene.pin("older", person=BOB, store=scene.theirs)
    found = desk.propose()
    assert found.record.id == first.id
    assert desk.to_go(found.record) == {"old"}


def pinned_and_dismissed(desk: Desk) -> None:
    scene = desk.scene
    scene.pin("old", person=BOB, store=scene.theirs)
    (plan,) = scene.theirs.open_plans()
    scene.decisions(scene.theirs).dismiss(plan.id, BOB)


def pinned_dismissed_and_proposed_again(desk: Desk) -> None:
    pinned_and_dismissed(desk)
    desk.propose(desk.scene.theirs)


@pytest.mark.parametrize("meanwhile", [pinned_and_dismissed, pinned_dismissed_and_proposed_again])
def test_somebody_ends_it_before_pins_are_looked_at(
    meanwhile: Callable[[Desk], None], desk: Desk, scene: Scene
) -> None:
    """Whoever proposed it hears what they proposed."""

    def right_after_the_commit() -> None:
        scene.store.meanwhile["pins"] = lambda: meanwhile(desk)

    scene.store.meanwhile["commit"] = right_after_the_commit
    found = desk.propose()
    assert (found.record.version, found.is_new) == (1, True)
    assert scene.as_stored(found.record).state is PlanState.DISMISSED
    assert all("old" not in scene.to_go(plan) for plan in scene.store.open_plans())


def test_who_looked_earlier_leaves_what_was_proposed_since(desk: Desk, scene: Scene) -> None:
    desk.scanned_at = scene.now
    scene.now += timedelta(hours=1)
    since = scene.proposed()
    late = desk.propose(newest=2)
    assert (late.record, late.is_new) == (since, False)


def test_the_plan_that_stays_is_replaced_while_it_is_read(desk: Desk, scene: Scene) -> None:
    first = desk.propose().record

    def pin() -> None:
        scene.now += timedelta(hours=1)
        scene.pin("old", store=scene.theirs)

    scene.store.meanwhile["content"] = pin
    again = desk.propose()
    assert (again.record.id, again.record.version) == (first.id, 2)
    assert desk.to_go(again.record) == {"older"}


@dataclass
class StalePlanner:
    """Its plan was made before."""

    planned: Planned

    def plan(self, _found: FoundRepository) -> Planned:
        return self.planned


def test_a_pin_made_while_an_open_plan_was_planned_anew(desk: Desk, scene: Scene) -> None:
    """The plan that is open has its next version from `pin`; what was planned before it must not
    take the pin back, even if nobody catches up."""
    first = desk.propose().record
    scene.now += timedelta(days=1)
    planned = desk.planner().plan(desk.found)
    scene.pin("old")
    stale = desk.proposer(
        cast("Planner", StalePlanner(replace(planned, scanned_at=scene.now + timedelta(days=1))))
    ).propose(desk.found)
    assert stale.record.id == first.id
    assert desk.to_go(stale.record) == {"older"}


DAY = timedelta(days=1)


def test_it_is_open_for_longer(scene: Scene) -> None:
    plan = scene.proposed()
    scene.now += 6 * DAY
    kept = keep_open(scene.store, plan, scene.now + WEEK, scene.now)
    assert kept == scene.as_stored(plan)
    assert (kept.version, kept.expires_at) == (1, scene.now + WEEK)
    last = scene.last_event()
    assert (last.event, last.by, last.version) == (AuditEventName.PROPOSED, BOT_ACTOR, 1)
    assert last.detail == PlanFoundUnchanged(kept.expires_at)


def test_approvals_do_not_count_for_longer(scene: Scene) -> None:
    scene.rules = replace(scene.rules, required=2)
    plan = scene.approve(scene.proposed(), CAT)
    kept = keep_open(scene.store, plan, scene.now + 2 * WEEK, scene.now)
    assert kept == plan == scene.as_stored(plan)
    assert scene.approve(kept, DAN).state is PlanState.APPROVED


def test_somebody_approves_it_meanwhile(scene: Scene) -> None:
    plan = scene.proposed()
    scene.store.meanwhile["commit"] = lambda: scene.approve(plan, BOB, scene.theirs)
    kept = keep_open(scene.store, plan, scene.now + 2 * WEEK, scene.now)
    assert kept.state is PlanState.APPROVED
    assert kept.expires_at == plan.expires_at


def test_somebody_kept_it_open_meanwhile(scene: Scene) -> None:
    plan, until = scene.proposed(), scene.now + 2 * WEEK
    scene.store.meanwhile["commit"] = lambda: keep_open(scene.theirs, plan, until, scene.now)
    kept = keep_open(scene.store, plan, until, scene.now)
    assert kept == scene.as_stored(plan)
    assert scene.events().count(AuditEventName.PROPOSED) == 2


def test_a_new_proposal_is_open_long_enough(scene: Scene) -> None:
    plan = scene.proposed()
    content = scene.store.content(plan.id, plan.version)
    new, known = (Proposal(plan, content, is_new=is_new) for is_new in (True, False))
    scene.now += 6 * DAY
    assert keep_proposal_open(scene.store, new, WEEK, scene.now) == new
    kept = keep_proposal_open(scene.store, known, WEEK, scene.now)
    assert kept == replace(known, record=scene.as_stored(plan))
    assert kept.record.expires_at == scene.now + WEEK


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (WEEK - timedelta(seconds=1), PlanState.PROPOSED),
        (WEEK, PlanState.EXPIRED),
        (2 * WEEK, PlanState.EXPIRED),
    ],
)
def test_a_plan_ends_when_its_time_is_over(
    after: timedelta, state: PlanState, scene: Scene
) -> None:
    plan = scene.proposed()
    expire(scene.store, scene.now + after)
    assert scene.as_stored(plan).state is state
    assert (AuditEventName.EXPIRED in scene.events()) is (state is PlanState.EXPIRED)


def test_an_approved_plan_does_not_expire(scene: Scene) -> None:
    plan = scene.proposed()
    scene.approve(plan)
    expire(scene.store, scene.now + 2 * WEEK)
    assert scene.as_stored(plan).state is PlanState.APPROVED


def test_pins_end_and_the_audit_says_whose_they_were(scene: Scene) -> None:
    scene.pin("brief", days=1)
    scene.pin("long", days=2)
    scene.pin("forever")
    expire(scene.store, scene.now + timedelta(days=1))
    assert scene.pinned() == ["forever", "long"]
    event = scene.last_event()
    assert (event.event, event.by, event.repository) == (
        AuditEventName.PIN_EXPIRED,
        BOT_ACTOR,
        HERE.uri,
    )
    pin = Pin("brief", ANN.name, "a customer runs it", scene.now + timedelta(days=1))
    assert event.detail == PinDetail(pin)


def test_nothing_is_ended_twice(scene: Scene) -> None:
    scene.proposed()
    scene.pin("brief", days=1)
    later = scene.now + WEEK
    scene.store.meanwhile["commit"] = lambda: expire(scene.theirs, later)
    expire(scene.store, later)
    expire(scene.store, later)
    told = scene.events()
    assert (told.count(AuditEventName.EXPIRED), told.count(AuditEventName.PIN_EXPIRED)) == (1, 1)
