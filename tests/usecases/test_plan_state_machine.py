"""A state machine of plans and pins: users, the registry and workers act in any order."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.errors import RequestError, ServiceError
from bot.core.patterns import Patterns
from bot.core.permissions import AwsIdentity, Person, SlackUser
from bot.core.pins import Pin, PinIndex
from bot.core.plan import OPEN, FreedBytes, Plan, PlanState, content_hash
from bot.core.plan_transitions import is_expired
from bot.core.policy import ApprovalRules, Policy, PolicyEntry
from bot.core.records import (
    BOT_ACTOR,
    AuditEvent,
    AuditEventName,
    ImageOutcome,
    PlanRecord,
    PlanWorker,
)
from bot.core.repository import RepositoryId
from bot.core.result_reasons import AlreadyDeleted
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.usage import ScanCoverage, SourceScan
from bot.core.usage_snapshot import UsageSnapshot
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import open_store
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.decisions import ApprovalRequest, Decisions
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.run import RunExecutor, ShutdownError
from bot.usecases.deletion.start import NotStartedError, RunStarter, find_runs
from bot.usecases.pins import Pins
from bot.usecases.planning import Planner
from bot.usecases.proposals import PlanTerms, Proposer, expire
from bot.usecases.repositories import FoundRepository, RepositoryNames
from tests.core.invariants import parents
from tests.examples import examples
from tests.matrices import matrix
from tests.support import NOW, PRICES
from tests.usecases.aws_env import HookedPort, HookedStore, is_deleted_elsewhere
from tests.usecases.fake_registry import API, AT_ONCE, FAULTS, HERE, FakeDeleter, FakeRegistry
from tests.usecases.store_env import FakeDirectory

if TYPE_CHECKING:
    from bot.ports import ImageDeleter, Registry

REQUIRED = 2

ANN, BOB, CAT = (SlackUser(id_, "T1", is_guest=False, groups=None) for id_ in ("U1", "U2", "U3"))
GUEST = SlackUser("U4", "T1", is_guest=True, groups=None)
SHELL = AwsIdentity(f"arn:aws:iam::{HERE.account}:user/ann")
DIRECTORY = FakeDirectory({each.id: each for each in (ANN, BOB, CAT, GUEST)})
UNDO_WINDOW = timedelta(minutes=5)
PINS_RENEW = (PlanState.PROPOSED, PlanState.APPROVED)
ENDED = (PlanState.DONE, PlanState.FAILED, PlanState.STOPPED)
LEASE = timedelta(minutes=2)
"""Longer than any lease."""

people = st.sampled_from([ANN, BOB, CAT, GUEST, SHELL])
tags = st.sampled_from([f"1.{number}" for number in range(8)])
pinned = st.one_of(tags, st.sampled_from(["1.*", "*.7", "nothing"]))


Act = Callable[["PlanStateMachine", "Process", str], None]
Happening = tuple[str, int, Act, int]
"""An action during a run: before or after which call, the number of this call, the action, and the
index of the manifest that it affects."""


class Died(BaseException):
    """The process was killed."""


@dataclass
class Process:
    """Runs plans. The happenings take place before and after its calls."""

    machine: "PlanStateMachine"
    host: str
    happens: list[Happening] = field(default_factory=list)
    moments: Counter[str] = field(default_factory=Counter)
    is_dead: bool = False
    is_shutting_down: bool = False

    def starter(self) -> RunStarter:
        machine = self.machine
        return RunStarter(
            runner=RunExecutor(
                store=HookedStore(machine.store, self.on_call),
                clock=machine.clock,
                sleep=machine.sleep,
                progress=lambda *_: None,
                is_shutting_down=lambda: self.is_shutting_down,
            ),
            worker=PlanWorker(self.host, machine=None, pid=1, started=1),
            authority=AUTHORITY,
            enabled=True,
            undo_window=UNDO_WINDOW,
            open_target=self.open_target,
        )

    @contextmanager
    def open_target(self, plan: PlanRecord) -> Iterator[DeletionTarget]:
        assert plan.repository == API
        registry = cast("Registry", HookedPort(self.machine.registry, self.on_call))
        deleter = cast("ImageDeleter", HookedPort(self.machine.deleter, self.on_call))
        with SqliteManifestCache(self.machine.manifests) as cache:
            yield DeletionTarget(
                FoundRepository(API, registry), deleter, partial(self.machine.scan, cache)
            )

    def on_call(self, moment: str) -> None:
        """Called before and after each call. A dead process makes no calls."""
        if self.is_dead:
            raise Died
        self.moments[moment] += 1
        if moment == "after pins":
            self.machine.read_pins()
        for when, number, act, which in self.happens:
            if (when, number) == (moment, self.moments[moment]):
                act(self.machine, self, self.machine.victim(which))


def die(_machine: "PlanStateMachine", process: Process, _victim: str) -> None:
    process.is_dead = True
    raise Died


def shut_down(_machine: "PlanStateMachine", process: Process, _victim: str) -> None:
    process.is_shutting_down = True


def freeze(machine: "PlanStateMachine", _process: Process, _victim: str) -> None:
    machine.now += LEASE


def lose_run(machine: "PlanStateMachine", _process: Process, _victim: str) -> None:
    """Another worker takes the run over while this one is frozen."""
    machine.now += LEASE
    found = find_runs(machine.store, machine.now, lambda _worker: False)
    for plan, run in found.abandoned:
        machine.check_results(Process(machine, "there").starter().take_over(plan, run))


def stop(machine: "PlanStateMachine", _process: Process, _victim: str) -> None:
    machine.stop(BOB)


def pin(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.pin(CAT, victim, None)


def deploy(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.in_use = {victim: ("ecs/prod",)}


def retag(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.tag(victim, "prod")


def pull(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.now += timedelta(minutes=6)
    machine.registry.pull(victim)


def remove(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.remove(victim)


def push_again(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.push_again(victim)


def list_in_index(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.push(children=[victim])


def sign(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.push(subject=victim)


def sign_by_tag(machine: "PlanStateMachine", _process: Process, victim: str) -> None:
    machine.registry.push(f"sha256-{victim[7:]}.sig")


ACTIONS = [die, die, die, shut_down, freeze, lose_run, stop, pin, deploy, retag, pull, remove]
ACTIONS += [push_again, list_in_index, sign, sign_by_tag]
CALLS = [
    "commit",
    "plan",
    "pins",
    "items",
    "run",
    "renew_run",
    "journal",
    "record_results",
    "unanswered",
]
CALLS += ["describe", "digests", "describe_some", "texts", "delete", "delete", "delete"]
MOMENTS = [f"{side} {call}" for side in ("before", "after") for call in CALLS]
happenings = st.lists(
    st.tuples(
        st.sampled_from(MOMENTS), st.integers(1, 6), st.sampled_from(ACTIONS), st.integers(0, 20)
    ),
    max_size=4,
)
faults = st.lists(st.none() | st.sampled_from(FAULTS), max_size=4)


@pytest.fixture(autouse=True, scope="module")
def small_batches() -> Iterator[None]:
    """Makes calls one after another, so that equal steps give equal runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.parallel.CALLS_AT_ONCE", 1)
        patch.setattr("bot.usecases.deletion.batches.IMAGES_PER_BATCH", AT_ONCE)
        patch.setattr("bot.usecases.deletion.batches.BATCHES_PER_ROUND", 2)
        yield


class PlanStateMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = NOW
        self.registry = FakeRegistry(self.clock)
        self.deleter = FakeDeleter(self.registry, self.asked)
        self.in_use: dict[str, tuple[str, ...]] = {}
        self.seen_in_use: Collection[str] = ()
        self.seen_pins: Sequence[Pin] = ()
        self.numbers = count(1)
        file = Path(self.folder.name, "store.db")
        file.write_bytes(_empty_database())
        self.store = open_store(f"sqlite:///{file}")
        self.manifests = Path(self.folder.name, "manifests.db")
        self.cache = SqliteManifestCache(self.manifests)
        self.seen: dict[str, PlanRecord] = {}

    def teardown(self) -> None:
        self.store.close()
        self.cache.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize()
    def fill(self) -> None:
        """Images and two image groups, from the oldest to the newest."""
        for number in range(6):
            self.push(f"1.{number}")
            if number in (0, 3):
                self.push_image_group(f"2.{number}", by_tag=number == 0)
            self.now += timedelta(days=2)

    # the registry and the clock

    @rule(tag=tags)
    def push(self, tag: str) -> None:
        self.registry.push(tag)

    @rule(tag=tags, by_tag=st.booleans())
    def push_image_group(self, tag: str, *, by_tag: bool) -> None:
        children = [self.registry.push(), self.registry.push()]
        self.registry.push(tag, children=children)
        self.sign(children[0], by_tag=by_tag)

    def sign(self, digest: str, *, by_tag: bool) -> None:
        if by_tag:
            self.registry.push(f"sha256-{digest[7:]}.sig")
        else:
            self.registry.push(subject=digest)

    @rule(tag=tags, data=st.data())
    def promote(self, tag: str, data: st.DataObject) -> None:
        self.registry.tag(data.draw(st.sampled_from(sorted(self.registry.images))), tag)

    @rule(data=st.data())
    def deploy(self, data: st.DataObject) -> None:
        """Replaces the image that ran before."""
        self.in_use = {data.draw(st.sampled_from(sorted(self.registry.images))): ("ecs/prod",)}

    @rule(hours=st.sampled_from([0.1, 1, 20, 30, 24 * 6, 24 * 8]))
    def wait(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    # actions of users

    @rule(person=people)
    def propose(self, person: Person) -> None:
        before = self.store.open_plan(API)
        proposal = Proposer(
            self.store, self._planner(self.cache), self.clock, self.new_id,
            TERMS, person,
        ).propose(FoundRepository(API, self.registry))  # fmt: skip
        after = proposal.record
        assert after == self.store.open_plan(API)
        if before and before.state in (PlanState.APPROVED, PlanState.EXECUTING):
            assert after == before

    @rule(person=people, text=pinned, days=st.sampled_from([None, 1, 30]))
    def pin(self, person: Person, text: str, days: int | None) -> None:
        before = self.store.open_plan(API)
        until = None if days is None else self.now + timedelta(days=days)
        with suppress(RequestError):
            after = self._pins().pin(API, [text], person, "a release needs it", until).plan
            if before and before.state in PINS_RENEW and not is_expired(before, self.now):
                assert after is not None
                assert after.version == before.version + 1

    @rule(person=people, text=pinned)
    def unpin(self, person: Person, text: str) -> None:
        with suppress(RequestError):
            self._pins().unpin(API, [text], person)

    @precondition(lambda self: self.seen)
    @rule(person=people, behind=st.sampled_from([0, 0, 0, 1]), data=st.data())
    def approve(self, person: Person, behind: int, data: st.DataObject) -> None:
        plan = self.seen[data.draw(st.sampled_from(sorted(self.seen)))]
        consent = ApprovalRequest(plan.version - behind, channel="C1", typed=API.name)
        before = self.store.plan(plan.id)
        assert before is not None
        with suppress(RequestError):
            after = self._decisions().approve(plan.id, person, consent)
            assert behind == 0
            assert person in (ANN, BOB, CAT)
            assert before.state is PlanState.PROPOSED
            assert before.complete
            assert before.expires_at > self.now
            assert len(after.current_approvals) == len(before.current_approvals) + 1
            assert (after.state is PlanState.APPROVED) == (len(after.current_approvals) >= REQUIRED)

    @precondition(lambda self: self.seen)
    @rule(person=people, data=st.data())
    def dismiss(self, person: Person, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.seen)))
        with suppress(RequestError):
            after = self._decisions().dismiss(id_, person)
            assert after.state is PlanState.DISMISSED
            assert person is not GUEST

    @rule(person=people)
    def stop(self, person: Person) -> None:
        before = self.store.open_plan(API)
        with suppress(RequestError):
            after = self._decisions().stop(before.id if before else "", person)
            assert before
            assert person is not GUEST
            assert (before.state, after.state) in {
                (PlanState.APPROVED, PlanState.PROPOSED),
                (PlanState.EXECUTING, PlanState.EXECUTING),
            }

    # runs

    @rule(minutes=st.sampled_from([0, 5, 5, 5, 16]))
    def approve_all(self, minutes: int) -> None:
        """Enough people approve the proposed plan."""
        self.propose(ANN)
        plan = self.store.open_plan(API)
        assert plan
        with suppress(RequestError):
            for person in (ANN, BOB):
                self._decisions().approve(
                    plan.id, person, ApprovalRequest(plan.version, "C1", API.name)
                )
        self.now += timedelta(minutes=minutes)

    @rule(happens=happenings, faults=faults, stuck=st.booleans())
    def work(self, happens: list[Happening], faults: list[str | None], *, stuck: bool) -> None:
        """A worker finds plans and runs, and runs them during the happenings."""
        self.deleter.faults = list(faults)
        self.deleter.stuck = {self.victim(0)} if stuck else set()
        process = Process(self, "here", happens)
        with suppress(Died, LeaseLostError, ShutdownError, NotStartedError, ServiceError):
            self._find_and_do(process)

    @rule(happens=happenings, faults=faults, stuck=st.booleans())
    def clean_up(self, happens: list[Happening], faults: list[str | None], *, stuck: bool) -> None:
        """Proposes, approves and runs a plan, after a night."""
        self.now += timedelta(days=1)
        self.approve_all(minutes=5)
        self.work(happens, faults, stuck=stuck)

    @rule(stuck=st.booleans())
    def recover(self, *, stuck: bool) -> None:
        """Without happenings, every run ends."""
        self.deleter.faults = []
        self.deleter.stuck = {self.victim(0)} if stuck else set()
        with suppress(NotStartedError):
            self._find_and_do(Process(self, "there"))
        assert all(plan.state is not PlanState.EXECUTING for plan in self.store.open_plans())

    @rule()
    def wait_for_the_lease(self) -> None:
        """A process that cannot detect a death waits until the lease expires."""
        found = find_runs(self.store, self.now, lambda _worker: False)
        assert all(self.now < run.leased_until for _, run in found.running)
        assert all(self.now >= run.leased_until for _, run in found.abandoned)

    def _find_and_do(self, process: Process) -> None:
        found = find_runs(self.store, self.now, lambda _worker: True)
        assert not found.running
        for plan, run in found.abandoned:
            self.check_results(process.starter().take_over(plan, run))
        for plan in found.due:
            self.check_results(process.starter().start(plan.id, found.at))

    def scan(self, cache: SqliteManifestCache) -> Planner:
        self.seen_in_use = dict(self.in_use)
        return self._planner(cache)

    def read_pins(self) -> None:
        self.seen_pins = [each.pin for each in self.store.pins(API.uri)]

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def asked(self, digests: Sequence[str]) -> None:
        """Checks a deletion request: its images are approved, and did not change before the bot's
        last check."""
        plan = self.store.open_plan(API)
        assert plan
        assert plan.state is PlanState.EXECUTING
        manifests = {each.manifest.digest: each.manifest for each in self._content(plan).judged}
        pending = self._pending(plan)
        board = PinIndex(self.seen_pins, self.now)
        for digest in digests:
            manifest = manifests[digest]
            assert digest in pending
            described = self.registry.described_images.pop(digest)
            assert sorted(described.tags) == list(manifest.tags)
            assert described.pushed_at == manifest.pushed_at
            assert not board.of(manifest)
            assert digest not in self.seen_in_use
            assert self.store.kept_manifest(API.uri, digest)

    def check_results(self, plan: PlanRecord) -> None:
        """Checks the result of every digest. Who deleted an image is unknown only if a user deleted
        it during a call of the bot whose answer was lost."""
        if plan.state not in ENDED:
            return
        items = {item.digest: item for item in self.store.items(plan.id, plan.version)}
        deleted = {digest for digest, item in items.items() if item.outcome is ImageOutcome.DELETED}
        ours, others = self.registry.by_us, self.registry.by_others
        for digest, item in items.items():
            assert item.outcome is not ImageOutcome.PENDING
            assert item.reason
            if digest in deleted:
                assert digest not in self.registry.images
                assert digest in ours or digest in others & self.deleter.asked_for
            else:
                assert digest not in ours
                assert digest in self.registry.images or digest in others
                assert item.reason != AlreadyDeleted() or digest in others
                assert not is_deleted_elsewhere(item.reason) or others & items.keys()
        manifests = [each.manifest for each in self._content(plan).judged]
        for digest, above in parents(manifests).items():
            assert digest not in deleted or not (above & self.registry.images.keys() - deleted)
        unconfirmed = {digest for digest, item in items.items() if item.is_unconfirmed}
        assert unconfirmed <= deleted & self.deleter.asked_for
        assert plan.freed_bytes == FreedBytes(self._content(plan), deleted - unconfirmed).bytes
        in_all = plan.freed_bytes + plan.unconfirmed_bytes
        assert in_all == FreedBytes(self._content(plan), deleted).bytes

    def _pending(self, plan: PlanRecord) -> list[str]:
        items = self.store.items(plan.id, plan.version)
        return [item.digest for item in items if item.outcome is ImageOutcome.PENDING]

    def victim(self, which: int) -> str:
        """Prefers an image that is not deleted yet."""
        plan = self.store.open_plan(API)
        there = (
            [each for each in self._pending(plan) if each in self.registry.images] if plan else []
        )
        some = there or sorted(self.registry.images)
        return some[which % len(some)]

    @rule()
    def sweep(self) -> None:
        expire(self.store, self.now)
        for plan in self.store.open_plans():
            assert plan.state is not PlanState.PROPOSED or plan.expires_at > self.now
        assert all(each.pin.protects(self.now) for each in self.store.pins())

    # invariants

    @invariant()
    def plans_go_forward(self) -> None:
        for plan in self.store.plans():
            before = self.seen.get(plan.id, plan)
            assert plan.version >= before.version
            assert plan.revision >= before.revision
            assert before.state in OPEN or plan == before
            self.seen[plan.id] = plan

    @invariant()
    def a_repository_has_one_open_plan(self) -> None:
        assert len(self.store.open_plans()) <= 1

    @invariant()
    def no_pinned_image_is_pending(self) -> None:
        board = PinIndex([each.pin for each in self.store.pins(API.uri)], self.now)
        for plan in self.store.open_plans():
            if plan.state is PlanState.EXECUTING:
                continue
            content = self._content(plan)
            going = set(content.delete)
            protected = {j.manifest.digest for j in content.judged if board.of(j.manifest)}
            assert not going & protected

    @invariant()
    def no_event_is_lost(self) -> None:
        told = Counter((event.event, event.plan, event.version) for event in self.store.events())
        for plan in self.store.plans():
            for version in range(1, plan.version + 1):
                assert told[AuditEventName.PROPOSED, plan.id, version] == 1
                approvals = [each for each in plan.approvals if each.version == version]
                assert told[AuditEventName.APPROVED, plan.id, version] >= len(approvals)
                assert len({each.by for each in approvals}) == len(approvals)
            ends = told[AuditEventName.DISMISSED, plan.id, plan.version]
            ends += told[AuditEventName.EXPIRED, plan.id, plan.version]
            assert ends == (plan.state in (PlanState.DISMISSED, PlanState.EXPIRED))

    @invariant()
    def a_plan_runs_once(self) -> None:
        told: defaultdict[str | None, list[AuditEvent]] = defaultdict(list)
        for event in self.store.events():
            told[event.plan].append(event)
        for plan in self.store.plans():
            events = Counter(event.event for event in told[plan.id])
            by_us = [
                e for e in told[plan.id] if e.event is AuditEventName.STOPPED and e.by == BOT_ACTOR
            ]
            run = self.store.run(plan.id)
            assert events[AuditEventName.STARTED] == (run is not None)
            assert events[AuditEventName.TAKEN_OVER] == (run.attempt - 1 if run else 0)
            assert events[AuditEventName.ENDED] + len(by_us) == (plan.state in ENDED)
            items = self.store.items(plan.id, plan.version)
            deleted = [item.digest for item in items if item.outcome is ImageOutcome.DELETED]
            audited = [e.digests for e in told[plan.id] if e.event is AuditEventName.DELETED]
            assert sorted(chain.from_iterable(audited)) == sorted(deleted)

    def clock(self) -> datetime:
        return self.now

    @lru_cache  # noqa: B019 - as long as the machine
    def _content(self, plan: PlanRecord) -> Plan:
        content = self.store.content(plan.id, plan.version)
        going = [each.digest for each in self.store.items(plan.id, plan.version)]
        assert going == list(content.delete)
        assert content_hash(content) == plan.hash
        return content

    def new_id(self) -> str:
        return f"plan{next(self.numbers)}"

    def _planner(self, cache: SqliteManifestCache) -> Planner:
        policy = Policy(
            timedelta(hours=24), Patterns(), (NewestRule(2, TagFilter(Patterns.of("*"))),)
        )
        return Planner(
            snapshot=UsageSnapshot(dict(self.in_use), {}, (SourceScan("ecs", "here", 3),), ()),
            scanned_at=self.now,
            coverage=ScanCoverage(frozenset({HERE})),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            price_of=PRICES.of,
            cache=cache,
            store=self.store,
            authority=AUTHORITY,
            clock=self.clock,
            progress=lambda *_: None,
            names=RepositoryNames(),
            covered_since={},
        )

    def _decisions(self) -> Decisions:
        return Decisions(self.store, self.clock, rules, rules(API), UNDO_WINDOW)

    def _pins(self) -> Pins:
        return Pins(self.store, self.clock, rules, AUTHORITY, TERMS)


@cache
def _empty_database() -> bytes:
    """A database with all tables, made once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "store.db")
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


def rules(repository: RepositoryId) -> ApprovalRules:
    assert repository == API
    return ApprovalRules((), REQUIRED, 0.5, workspace="T1", channel="C1")


AUTHORITY = AuthorityChecker(rules, rules(API), DIRECTORY)
TERMS = PlanTerms(PRICES.of, timedelta(days=7))


TestLife = PlanStateMachine.TestCase
TestLife.settings = settings(
    max_examples=examples(10),
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)


Attempt = tuple[list[Happening], list[str | None], bool]


@given(st.lists(st.tuples(happenings, faults, st.booleans()), min_size=1, max_size=3))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anything_may_happen_during_a_run(attempts: list[Attempt]) -> None:
    """Several workers run the plan one after another. Each may die; the last one ends the run."""
    run_attempts(*attempts)


SECOND_CALLS = [
    f"{side} {call}"
    for call in ("journal", "delete", "record_results")
    for side in ("before", "after")
]
FAULTS_OF_ANSWERS = [None, "lost after", "late", "cut short"]


@pytest.mark.parametrize(
    ("moment", "act", "fault"),
    matrix(SECOND_CALLS, [die, shut_down, stop, lose_run], FAULTS_OF_ANSWERS, meet=2),
)
def test_actions_around_the_second_call(moment: str, act: Act, fault: str | None) -> None:
    run_attempts(([(moment, 2, act, 0)], [None, fault], False))


def run_attempts(*attempts: Attempt) -> None:
    machine = PlanStateMachine()
    try:
        machine.fill()
        machine.now += timedelta(days=1)
        machine.approve_all(5)
        for happens, faults_of_calls, stuck in attempts:
            machine.work(happens, faults_of_calls, stuck=stuck)
            machine.plans_go_forward()
        machine.recover(stuck=False)
        machine.plans_go_forward()
        machine.a_plan_runs_once()
    finally:
        machine.teardown()
