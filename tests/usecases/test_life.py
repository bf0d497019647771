"""The life of plans and pins under anything that people do, in any order."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import AwsIdentity, Person, SlackPerson
from bot.core.coverage import Coverage
from bot.core.errors import RequestError
from bot.core.manifest import OCI_MANIFEST, Blob, Content, Described, Unread
from bot.core.patterns import Patterns
from bot.core.pins import PinBoard
from bot.core.plan import Plan
from bot.core.plan_hash import content_hash
from bot.core.policy import Policy, PolicyEntry
from bot.core.records import OPEN, EventName, PlanRecord, PlanState
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules import Newest, TagFilter
from bot.core.snapshot import Snapshot
from bot.core.transitions import is_expired
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import open_store
from bot.usecases.approve import Approver, Consent
from bot.usecases.dismiss import Dismisser
from bot.usecases.expire import expire
from bot.usecases.find_repositories import Found
from bot.usecases.pin import Pinner
from bot.usecases.plan import Planner
from bot.usecases.propose import Proposer
from bot.usecases.unpin import Unpinner
from tests.support import NOW

HERE = RegistryId("123456789012", "eu-west-1")
API = RepositoryId(HERE, "team/api", f"{HERE.account}.dkr.ecr.eu-west-1.amazonaws.com/team/api")
CONFIG = "application/vnd.oci.image.config.v1+json"
REQUIRED = 2

ANN, BOB, CAT = (SlackPerson(id_, "T1", is_guest=False, groups=None) for id_ in ("U1", "U2", "U3"))
GUEST = SlackPerson("U4", "T1", is_guest=True, groups=None)
SHELL = AwsIdentity(f"arn:aws:iam::{HERE.account}:user/ann")

people = st.sampled_from([ANN, BOB, CAT, GUEST, SHELL])
tags = st.sampled_from([f"1.{number}" for number in range(8)])
pinned = st.one_of(tags, st.sampled_from(["1.*", "*.7", "nothing"]))


class Shelf:
    """A registry with one repository, in memory."""

    read_at_once = 100

    def __init__(self) -> None:
        self.images: dict[str, Described] = {}

    def id(self) -> RegistryId:
        return HERE

    def repositories(self) -> Iterator[RepositoryId]:
        yield API

    def repository(self, name: str) -> RepositoryId | None:
        return API if name == API.name else None

    def describe(self, repository: RepositoryId) -> Iterator[Described]:
        assert repository == API
        yield from list(self.images.values())

    def read(
        self, repository: RepositoryId, batch: Sequence[Described]
    ) -> Mapping[str, Content | Unread]:
        assert repository == API
        return {
            each.digest: Content(OCI_MANIFEST, CONFIG, (Blob(each.digest[::-1], each.size_bytes),))
            for each in batch
        }

    def accounts_that_may_pull(self, repository: RepositoryId) -> frozenset[str]:
        assert repository == API
        return frozenset()

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        assert repository == API
        return ()

    def layers_stay_within_repositories(self) -> bool:
        return True

    def records_our_pulls(self) -> bool:
        return False


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = NOW
        self.shelf = Shelf()
        self.numbers = count(1)
        file = Path(self.folder.name, "store.db")
        file.write_bytes(_empty_database())
        self.store = open_store(f"sqlite:///{file}")
        self.cache = SqliteManifestCache(Path(self.folder.name, "manifests.db"))
        self.seen: dict[str, PlanRecord] = {}

    def teardown(self) -> None:
        self.store.close()
        self.cache.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize()
    def fill(self) -> None:
        for number in range(6):
            self.push(f"1.{number}")
            self.now += timedelta(days=2)

    # what happens in the registry, and to the clock

    @rule(tag=tags)
    def push(self, tag: str) -> None:
        digest = f"sha256:{next(self.numbers):064x}"
        self._untag(tag)
        self.shelf.images[digest] = Described(
            digest, (tag,), self.now, None, 1000, media_type=OCI_MANIFEST, config_type=CONFIG
        )

    @rule(tag=tags, data=st.data())
    def promote(self, tag: str, data: st.DataObject) -> None:
        digest = data.draw(st.sampled_from(sorted(self.shelf.images)))
        self._untag(tag)
        image = self.shelf.images[digest]
        self.shelf.images[digest] = image._replace(tags=(*image.tags, tag))

    @rule(hours=st.sampled_from([1, 20, 30, 24 * 6, 24 * 8]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # what people do

    @rule(person=people)
    def propose(self, person: Person) -> None:
        before = self.store.open_plan(API)
        proposal = Proposer(
            self.store, self._planner(), self._pinner(), self.clock, self.new_id,
            timedelta(days=7), person,
        ).propose(Found(API, self.shelf))  # fmt: skip
        after = proposal.record
        assert after == self.store.open_plan(API)
        if before and before.state in (PlanState.APPROVED, PlanState.EXECUTING):
            assert after == before

    @rule(person=people, text=pinned, days=st.sampled_from([None, 1, 30]))
    def pin(self, person: Person, text: str, days: int | None) -> None:
        before = self.store.open_plan(API)
        until = None if days is None else self.now + timedelta(days=days)
        with suppress(RequestError):
            after = self._pinner().pin(API, [text], person, "a release needs it", until).plan
            if before and not is_expired(before, self.now):
                assert after is not None
                assert after.version == before.version + 1

    @rule(person=people, text=pinned)
    def unpin(self, person: Person, text: str) -> None:
        with suppress(RequestError):
            Unpinner(self.store, self.clock, rules).unpin(API, [text], person)

    @precondition(lambda self: self.seen)
    @rule(person=people, behind=st.sampled_from([0, 0, 0, 1]), data=st.data())
    def approve(self, person: Person, behind: int, data: st.DataObject) -> None:
        plan = self.seen[data.draw(st.sampled_from(sorted(self.seen)))]
        consent = Consent(plan.version - behind, channel="C1", typed=API.name)
        before = self.store.plan(plan.id)
        assert before is not None
        with suppress(RequestError):
            after = Approver(self.store, self.clock, rules, timedelta(minutes=5)).approve(
                plan.id, person, consent
            )
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
            after = Dismisser(self.store, self.clock, rules).dismiss(id_, person)
            assert after.state is PlanState.DISMISSED
            assert person is not GUEST

    @rule()
    def sweep(self) -> None:
        expire(self.store, self.now)
        for plan in self.store.open_plans():
            assert plan.state is not PlanState.PROPOSED or plan.expires_at > self.now
        assert all(each.pin.protects(self.now) for each in self.store.pins())

    # what always holds

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
    def nothing_pinned_is_about_to_go(self) -> None:
        board = PinBoard([each.pin for each in self.store.pins(API.uri)], self.now)
        for plan in self.store.open_plans():
            content = self._content(plan)
            going = set(content.delete)
            protected = {j.manifest.digest for j in content.judged if board.of(j.manifest)}
            assert not going & protected

    @invariant()
    def no_event_is_lost(self) -> None:
        told = Counter((event.event, event.plan, event.version) for event in self.store.events())
        for plan in self.store.plans():
            for version in range(1, plan.version + 1):
                assert told[EventName.PROPOSED, plan.id, version] == 1
                approvals = [each for each in plan.approvals if each.version == version]
                assert told[EventName.APPROVED, plan.id, version] == len(approvals)
                assert len({each.by for each in approvals}) == len(approvals)
            ends = told[EventName.DISMISSED, plan.id, plan.version]
            ends += told[EventName.EXPIRED, plan.id, plan.version]
            assert ends == (plan.state in (PlanState.DISMISSED, PlanState.EXPIRED))

    def clock(self) -> datetime:
        return self.now

    @lru_cache  # noqa: B019 - as long as the life
    def _content(self, plan: PlanRecord) -> Plan:
        content = self.store.content(plan.id, plan.version)
        going = [each.digest for each in self.store.items(plan.id, plan.version)]
        assert going == list(content.delete)
        assert content_hash(content) == plan.hash
        return content

    def new_id(self) -> str:
        return f"plan{next(self.numbers)}"

    def _untag(self, tag: str) -> None:
        for digest, image in self.shelf.images.items():
            if tag in image.tags:
                others = tuple(each for each in image.tags if each != tag)
                self.shelf.images[digest] = image._replace(tags=others)

    def _planner(self) -> Planner:
        policy = Policy(timedelta(hours=24), Patterns(), (Newest(2, TagFilter(Patterns.of("*"))),))
        return Planner(
            snapshot=Snapshot({}, {}, (), ()),
            looked_at=self.now,
            coverage=Coverage(frozenset({HERE})),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            usd_per_gb_month=0.10,
            cache=self.cache,
            store=self.store,
            clock=self.clock,
            progress=lambda *_: None,
        )

    def _pinner(self) -> Pinner:
        return Pinner(self.store, self.clock, rules, 0.10, timedelta(days=7))


@cache
def _empty_database() -> bytes:
    """Migrated once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "store.db")
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


def rules(repository: RepositoryId) -> ApprovalRules:
    assert repository == API
    return ApprovalRules((), REQUIRED, 0.5, workspace="T1", channel="C1")


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
