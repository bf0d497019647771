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
from bot.playground.aws import AwsStandIn
from bot.render.errors import error_words
from bot.render.hints import Surface
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
from tests.support import NOW, PRICES, Shelf
from tests.usecases.store_env import ANN, BOB, CAT, DAN, TERMS, WEEK, StoreEnv


def test_a_plan_is_found(env: StoreEnv) -> None:
    plan = env.proposed()
    assert find_plan(env.store, plan.id, env.now + timedelta(days=1)) == plan


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
def test_an_unknown_plan_id(id_: str, said: str, env: StoreEnv) -> None:
    env.proposed()
    with pytest.raises(RequestError) as caught:
        find_plan(env.store, id_, env.now)
    assert error_words(caught.value, Surface.TERMINAL) == said
    in_slack = error_words(caught.value, Surface.SLACK)
    assert "ecr-clean plans" not in in_slack


@dataclass
class ProposalSetup:
    """Proposes plans for the repository `team/api` that keep the `newest` images."""

    env: StoreEnv
    shelf: Shelf
    registry: EcrRegistry
    cache: SqliteManifestCache
    newest: int = 1
    scanned_at: datetime | None = None

    def propose(self, store: Store | None = None, newest: int | None = None) -> Proposal:
        return self.proposer(self.planner(store, newest), store).propose(self.found)

    def proposer(self, planner: Planner, store: Store | None = None) -> Proposer:
        env = self.env
        return Proposer(store or env.store, planner, env.clock, env.new_id, TERMS, ANN)

    @property
    def found(self) -> FoundRepository:
        return FoundRepository(self.shelf.id, self.registry)

    def to_delete(self, plan: PlanRecord) -> set[str]:
        return set(self.env.to_delete(plan))

    def planner(self, store: Store | None = None, newest: int | None = None) -> Planner:
        rule = NewestRule(newest or self.newest, TagFilter())
        policy = Policy(timedelta(hours=24), Patterns(), (rule,))
        return Planner(
            snapshot=UsageSnapshot({}, {}, (SourceScan("ecs", "here", 3),), ()),
            scanned_at=self.scanned_at or self.env.now,
            coverage=ScanCoverage(frozenset({self.shelf.id.registry})),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            price_of=PRICES.of,
            cache=self.cache,
            store=store or self.env.store,
            authority=self.env.authority,
            clock=self.env.clock,
            progress=lambda *_: None,
            names=RepositoryNames(),
            covered_since={},
        )


@pytest.fixture
def setup_of_proposals(
    aws: AwsStandIn, env: StoreEnv, shelf: Shelf, registry: EcrRegistry, cache: SqliteManifestCache
) -> ProposalSetup:
    """With the images `old`, `older` and `new`."""
    aws.world.clock.set(NOW)
    for tag, age in (("new", 40), ("old", 41), ("older", 42)):
        shelf.image(tag, age=age)
    return ProposalSetup(env, shelf, registry, cache)


def test_a_new_plan_is_stored(setup_of_proposals: ProposalSetup, env: StoreEnv) -> None:
    found = setup_of_proposals.propose()
    plan = found.record
    assert found.is_new
    assert env.as_stored(plan) == plan
    assert (plan.version, plan.state, plan.expires_at) == (1, PlanState.PROPOSED, NOW + WEEK)
    assert (plan.manifests, plan.deletions, plan.checked) == (3, 2, True)
    assert setup_of_proposals.to_delete(plan) == {"old", "older"}
    event = env.last_event()
    assert (event.event, event.by, event.plan, event.version, event.detail) == (
        AuditEventName.PROPOSED,
        ANN.name,
        plan.id,
        1,
        PlanProposed(2, 3, complete=True),
    )


def test_the_same_content_makes_no_version(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose()
    env.now += timedelta(days=1)
    again = setup_of_proposals.propose()
    assert (again.record, again.is_new) == (first.record, False)
    assert again.content.delete == first.content.delete
    assert env.events() == [AuditEventName.PROPOSED]


def test_other_content_makes_the_next_version(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose().record
    env.now += timedelta(days=1)
    second = setup_of_proposals.propose(newest=2)
    plan = second.record
    assert second.is_new
    assert (plan.id, plan.version, plan.expires_at) == (first.id, 2, env.now + WEEK)
    assert setup_of_proposals.to_delete(plan) == {"older"}


@pytest.mark.parametrize("newest", [1, 2])
def test_an_approved_plan_is_never_superseded(
    newest: int, setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    approved = env.approve(setup_of_proposals.propose().record)
    again = setup_of_proposals.propose(newest=newest)
    assert (again.record, again.is_new) == (approved, False)
    assert len(again.content.delete) == 2
    assert env.as_stored(approved) == approved


def test_a_scan_that_finds_the_plan_unchanged_counts(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    env.approve(setup_of_proposals.propose().record)
    env.now += timedelta(hours=1)
    setup_of_proposals.propose()
    assert scanned_at(env) == env.now


def test_a_scan_during_an_approved_plan_does_not_count(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    """Totals subtract the plan's freed bytes from the earlier scan."""
    env.approve(setup_of_proposals.propose().record)
    first = scanned_at(env)
    env.now += timedelta(hours=1)
    setup_of_proposals.propose(newest=2)
    assert scanned_at(env) == first


def scanned_at(env: StoreEnv) -> datetime:
    (known,) = env.store.repositories()
    assert known.last_scan
    return known.last_scan.at


def test_an_ended_plan_is_followed_by_a_new_one(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose().record
    env.decisions().dismiss(first.id, ANN)
    second = setup_of_proposals.propose().record
    assert second.id != first.id
    assert second.version == 1


def test_an_expired_plan_is_ended_first(setup_of_proposals: ProposalSetup, env: StoreEnv) -> None:
    first = setup_of_proposals.propose().record
    env.now += WEEK
    second = setup_of_proposals.propose().record
    assert second.id != first.id
    assert env.as_stored(first).state is PlanState.EXPIRED


def test_another_process_ends_the_plan_first(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose().record
    env.now += WEEK
    env.store.before_next["commit"] = lambda: setup_of_proposals.propose(env.theirs)
    second = setup_of_proposals.propose()
    assert not second.is_new
    assert second.record.id != first.id
    assert env.events().count(AuditEventName.EXPIRED) == 1


def test_an_incomplete_plan_is_stored(
    aws: AwsStandIn, setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    aws.world.deny("ecr:GetRepositoryPolicy")
    found = setup_of_proposals.propose()
    assert not found.record.complete
    assert not found.content.complete
    assert env.last_event().detail == PlanProposed(0, 3, complete=False)


def test_nothing_is_stored_if_images_cannot_be_listed(
    aws: AwsStandIn, setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    aws.world.deny("ecr:DescribeImages")
    with pytest.raises(ServiceError):
        setup_of_proposals.propose()
    assert env.events() == []
    assert env.store.tag_scan(setup_of_proposals.shelf.id) is None


def test_tags_are_stored(setup_of_proposals: ProposalSetup, env: StoreEnv) -> None:
    """A tag that moves to an old image makes it the newest."""
    first = setup_of_proposals.propose().record
    env.now += timedelta(days=1)
    with setup_of_proposals.shelf.world.lock:
        old = setup_of_proposals.shelf.repository.manifests[
            setup_of_proposals.shelf.repository.digest_by_tag["old"]
        ]
        setup_of_proposals.shelf.repository.tag(old, "release")
    second = setup_of_proposals.propose()
    assert second.record.version == first.version + 1
    assert setup_of_proposals.to_delete(second.record) == {"new", "older"}
    (young,) = (each for each in second.content.judged if "release" in each.manifest.tags)
    assert RuleName.MIN_AGE in {reason.rule for reason in young.reasons}


def test_a_pin_protects_in_the_next_plan(setup_of_proposals: ProposalSetup, env: StoreEnv) -> None:
    first = setup_of_proposals.propose().record
    pinned = env.pin("old").plan
    again = setup_of_proposals.propose()
    assert (again.record, again.is_new) == (pinned, False)
    assert again.record.version == first.version + 1


def other_plan(setup_of_proposals: ProposalSetup) -> object:
    return setup_of_proposals.propose(setup_of_proposals.env.theirs, newest=2)


def same_plan(setup_of_proposals: ProposalSetup) -> object:
    return setup_of_proposals.propose(setup_of_proposals.env.theirs)


@pytest.mark.parametrize(
    ("meanwhile", "version", "is_new"), [(other_plan, 2, True), (same_plan, 1, False)]
)
def test_another_process_proposes_first(
    meanwhile: Callable[[ProposalSetup], object],
    version: int,
    setup_of_proposals: ProposalSetup,
    env: StoreEnv,
    *,
    is_new: bool,
) -> None:
    env.store.before_next["commit"] = lambda: meanwhile(setup_of_proposals)
    found = setup_of_proposals.propose()
    assert (found.record.version, found.is_new) == (version, is_new)
    assert setup_of_proposals.to_delete(found.record) == {"old", "older"}
    assert [env.as_stored(each) for each in env.store.plans()] == [found.record]


def test_a_pin_during_planning(setup_of_proposals: ProposalSetup, env: StoreEnv) -> None:
    env.store.before_next["commit"] = lambda: env.pin("old", person=BOB, store=env.theirs)
    found = setup_of_proposals.propose()
    assert found.is_new
    assert (found.record.version, setup_of_proposals.to_delete(found.record)) == (2, {"older"})
    assert list(found.content.delete) == [
        item.digest for item in env.store.items(found.record.id, 2)
    ]


def test_a_pin_of_a_kept_image_during_planning(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    env.store.before_next["commit"] = lambda: env.pin("new", person=BOB, store=env.theirs)
    found = setup_of_proposals.propose()
    assert (found.record.version, found.is_new) == (2, True)
    assert setup_of_proposals.to_delete(found.record) == {"old", "older"}
    assert setup_of_proposals.propose().record == found.record


def test_a_pin_on_the_last_version_is_not_lost(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose(newest=2).record
    env.store.before_next["commit"] = lambda: env.pin("older", person=BOB, store=env.theirs)
    found = setup_of_proposals.propose()
    assert found.record.id == first.id
    assert setup_of_proposals.to_delete(found.record) == {"old"}


def pinned_and_dismissed(setup_of_proposals: ProposalSetup) -> None:
    env = setup_of_proposals.env
    env.pin("old", person=BOB, store=env.theirs)
    (plan,) = env.theirs.open_plans()
    env.decisions(env.theirs).dismiss(plan.id, BOB)


def pinned_dismissed_and_proposed_again(setup_of_proposals: ProposalSetup) -> None:
    pinned_and_dismissed(setup_of_proposals)
    setup_of_proposals.propose(setup_of_proposals.env.theirs)


@pytest.mark.parametrize("meanwhile", [pinned_and_dismissed, pinned_dismissed_and_proposed_again])
def test_the_plan_ends_before_pins_are_read(
    meanwhile: Callable[[ProposalSetup], None], setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    """The requester gets the plan that they proposed."""

    def right_after_the_commit() -> None:
        env.store.before_next["pins"] = lambda: meanwhile(setup_of_proposals)

    env.store.before_next["commit"] = right_after_the_commit
    found = setup_of_proposals.propose()
    assert (found.record.version, found.is_new) == (1, True)
    assert env.as_stored(found.record).state is PlanState.DISMISSED
    assert all("old" not in env.to_delete(plan) for plan in env.store.open_plans())


def test_an_older_scan_does_not_replace_a_newer_plan(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    setup_of_proposals.scanned_at = env.now
    env.now += timedelta(hours=1)
    since = env.proposed()
    late = setup_of_proposals.propose(newest=2)
    assert (late.record, late.is_new) == (since, False)


def test_the_open_plan_is_replaced_during_the_read(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    first = setup_of_proposals.propose().record

    def pin() -> None:
        env.now += timedelta(hours=1)
        env.pin("old", store=env.theirs)

    env.store.before_next["content"] = pin
    again = setup_of_proposals.propose()
    assert (again.record.id, again.record.version) == (first.id, 2)
    assert setup_of_proposals.to_delete(again.record) == {"older"}


@dataclass
class StalePlanner:
    """Returns a plan that was made before."""

    planned: Planned

    def plan(self, _found: FoundRepository) -> Planned:
        return self.planned


def test_a_pin_while_an_open_plan_is_planned_again(
    setup_of_proposals: ProposalSetup, env: StoreEnv
) -> None:
    """`pin` makes the next version of the open plan. A plan that was made before the pin must not
    undo it."""
    first = setup_of_proposals.propose().record
    env.now += timedelta(days=1)
    planned = setup_of_proposals.planner().plan(setup_of_proposals.found)
    env.pin("old")
    stale = setup_of_proposals.proposer(
        cast("Planner", StalePlanner(replace(planned, scanned_at=env.now + timedelta(days=1))))
    ).propose(setup_of_proposals.found)
    assert stale.record.id == first.id
    assert setup_of_proposals.to_delete(stale.record) == {"older"}


DAY = timedelta(days=1)


def test_a_plan_is_kept_open(env: StoreEnv) -> None:
    plan = env.proposed()
    env.now += 6 * DAY
    kept = keep_open(env.store, plan, env.now + WEEK, env.now)
    assert kept == env.as_stored(plan)
    assert (kept.version, kept.expires_at) == (1, env.now + WEEK)
    last = env.last_event()
    assert (last.event, last.by, last.version) == (AuditEventName.PROPOSED, BOT_ACTOR, 1)
    assert last.detail == PlanFoundUnchanged(kept.expires_at)


def test_an_approved_plan_is_not_kept_open(env: StoreEnv) -> None:
    env.rules = replace(env.rules, required=2)
    plan = env.approve(env.proposed(), CAT)
    kept = keep_open(env.store, plan, env.now + 2 * WEEK, env.now)
    assert kept == plan == env.as_stored(plan)
    assert env.approve(kept, DAN).state is PlanState.APPROVED


def test_an_approval_while_the_plan_is_kept_open(env: StoreEnv) -> None:
    plan = env.proposed()
    env.store.before_next["commit"] = lambda: env.approve(plan, BOB, env.theirs)
    kept = keep_open(env.store, plan, env.now + 2 * WEEK, env.now)
    assert kept.state is PlanState.APPROVED
    assert kept.expires_at == plan.expires_at


def test_two_processes_keep_a_plan_open(env: StoreEnv) -> None:
    plan, until = env.proposed(), env.now + 2 * WEEK
    env.store.before_next["commit"] = lambda: keep_open(env.theirs, plan, until, env.now)
    kept = keep_open(env.store, plan, until, env.now)
    assert kept == env.as_stored(plan)
    assert env.events().count(AuditEventName.PROPOSED) == 2


def test_a_new_proposal_is_not_kept_open(env: StoreEnv) -> None:
    plan = env.proposed()
    content = env.store.content(plan.id, plan.version)
    new, known = (Proposal(plan, content, is_new=is_new) for is_new in (True, False))
    env.now += 6 * DAY
    assert keep_proposal_open(env.store, new, WEEK, env.now) == new
    kept = keep_proposal_open(env.store, known, WEEK, env.now)
    assert kept == replace(known, record=env.as_stored(plan))
    assert kept.record.expires_at == env.now + WEEK


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (WEEK - timedelta(seconds=1), PlanState.PROPOSED),
        (WEEK, PlanState.EXPIRED),
        (2 * WEEK, PlanState.EXPIRED),
    ],
)
def test_a_plan_expires(after: timedelta, state: PlanState, env: StoreEnv) -> None:
    plan = env.proposed()
    expire(env.store, env.now + after)
    assert env.as_stored(plan).state is state
    assert (AuditEventName.EXPIRED in env.events()) is (state is PlanState.EXPIRED)


def test_an_approved_plan_does_not_expire(env: StoreEnv) -> None:
    plan = env.proposed()
    env.approve(plan)
    expire(env.store, env.now + 2 * WEEK)
    assert env.as_stored(plan).state is PlanState.APPROVED


def test_pins_expire_with_an_audit_event(env: StoreEnv) -> None:
    env.pin("brief", days=1)
    env.pin("long", days=2)
    env.pin("forever")
    expire(env.store, env.now + timedelta(days=1))
    assert env.pinned() == ["forever", "long"]
    event = env.last_event()
    assert (event.event, event.by, event.repository) == (
        AuditEventName.PIN_EXPIRED,
        BOT_ACTOR,
        HERE.uri,
    )
    pin = Pin("brief", ANN.name, "a customer runs it", env.now + timedelta(days=1))
    assert event.detail == PinDetail(pin)


def test_plans_and_pins_end_once(env: StoreEnv) -> None:
    env.proposed()
    env.pin("brief", days=1)
    later = env.now + WEEK
    env.store.before_next["commit"] = lambda: expire(env.theirs, later)
    expire(env.store, later)
    expire(env.store, later)
    told = env.events()
    assert (told.count(AuditEventName.EXPIRED), told.count(AuditEventName.PIN_EXPIRED)) == (1, 1)
