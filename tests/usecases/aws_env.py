"""A test environment with AWS: a repository on the stand-in, a database, users and workers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bot.aws.ecr import EcrRegistry
from bot.aws.ecr_deleter import EcrDeleter
from bot.aws.sessions import open_session
from bot.bootstrap.storage import SharedManifestCache
from bot.core.errors import ErrorText
from bot.core.image_references import RegistryHosts
from bot.core.last_use import LastUse, SeenUses
from bot.core.patterns import Patterns
from bot.core.permissions import AwsIdentity, Person
from bot.core.plan import PlanState
from bot.core.policy import ApprovalRules, Policy, PolicyEntry
from bot.core.records import ImageOutcome, PlanItem, PlanRecord, PlanRun, PlanWorker
from bot.core.repository import RegistryId
from bot.core.result_reasons import AlreadyDeleted, PartOfSkipped, ResultReason, SkippedWithRelated
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.usage import ImageUse, ScanCoverage, SourceScan
from bot.core.usage_snapshot import ImageUseCollector, UsageSnapshot
from bot.playground.aws import AwsStandIn, Fault
from bot.render.audit_events import detail_words, item_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.decisions import ApprovalRequest, Decisions
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.run import RunExecutor
from bot.usecases.deletion.start import RunStarter
from bot.usecases.pins import Pins
from bot.usecases.planning import Planner
from bot.usecases.proposals import PlanTerms, Proposer
from bot.usecases.repositories import FoundRepository, RepositoryNames
from tests.support import NOW, PRICES, Shelf
from tests.usecases.store_env import FakeDirectory

if TYPE_CHECKING:
    from bot.ports import ImageDeleter

ANN = AwsIdentity("arn:aws:iam::123456789012:user/ann")


class Killed(BaseException):
    """Ends a worker like SIGKILL."""


HERE, THERE = (PlanWorker(host, f"boot of {host}", pid=7, started=1) for host in ("here", "there"))
TERMS = PlanTerms(PRICES.of, timedelta(days=7))
UNDO_WINDOW = timedelta(minutes=5)
RULES = ApprovalRules((), 1, confirm_over=1.0, workspace="T1", channel="C1")
NEWEST = 2
"""Tagged roots that the rules keep."""

Hook = Callable[[str], None]


def is_deleted_elsewhere(reason: ResultReason) -> bool:
    """Whether another user deleted the manifest or one of its image group."""
    while isinstance(reason, SkippedWithRelated | PartOfSkipped):
        reason = reason.reason
    return reason == AlreadyDeleted()


def hooked(name: str, found: Any, hook: Hook) -> Any:
    """A method that calls the hook before and after each call; other values unchanged."""
    if not callable(found):
        return found

    def call(*arguments: Any, **named: Any) -> Any:
        hook(f"before {name}")
        answer = found(*arguments, **named)
        hook(f"after {name}")
        return answer

    return call


class HookedPort:
    """A port that calls the hook before and after each call: `before journal`, `after journal`."""

    def __init__(self, port: object, hook: Hook) -> None:
        self._port = port
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        return hooked(name, getattr(self._port, name), self._hook)


class HookedStore(Store):
    """The same database as `store`. Calls the hook before and after each call from outside."""

    def __init__(self, store: Store, hook: Hook) -> None:
        super().__init__(store._database, is_new=store.is_new)
        self._hook = hook

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return found if name.startswith("_") else hooked(name, found, self._hook)


@dataclass
class AwsEnv:
    """The clock is the stand-in's. `in_use`: users of digests; `tags_in_use`: users of tags.
    `image_uses`: other references. `unread`: why the usage source cannot be read. `rules`,
    `undo_window` and `directory` belong to the process that runs plans. `keep`: keep rules besides
    the newest."""

    aws: AwsStandIn
    shelf: Shelf
    store: Store
    cache: SqliteManifestCache
    in_use: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tags_in_use: dict[str, tuple[str, ...]] = field(default_factory=dict)
    image_uses: tuple[ImageUse, ...] = ()
    unread: str | None = None
    keep: tuple[Rule, ...] = ()
    sources: tuple[str, ...] = ("files",)
    not_checked: tuple[str, ...] = ()
    places: frozenset[RegistryId] = frozenset()
    scans: int = 0
    slept: list[float] = field(default_factory=list)
    progress: list[tuple[int, int, int]] = field(default_factory=list)
    is_shutting_down: bool = False
    rules: ApprovalRules = RULES
    undo_window: timedelta = UNDO_WINDOW
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    hook: Hook = lambda _name: None
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.aws.world.clock.set(NOW)
        self.open_registry()
        self.deleter = EcrDeleter(open_session, self.shelf.id)

    def open_registry(self) -> None:
        """Opens the registry again, as every run does, since some answers are cached."""
        self.found = FoundRepository(self.shelf.id, self._hooked(EcrRegistry(open_session())))

    @property
    def memory(self) -> SharedManifestCache:
        return SharedManifestCache(self.store, self.cache)

    @property
    def authority(self) -> AuthorityChecker:
        return AuthorityChecker(lambda _: self.rules, self.rules, self.directory)

    @property
    def clock(self) -> Any:
        return self.aws.world.clock.now

    def wait(self, **duration: float) -> None:
        self.aws.world.clock.advance(timedelta(**duration))

    # actions of users

    def remember_use(self, digest: str) -> None:
        """As a scan that sees the digest in use now."""
        now = self.clock()
        seen = SeenUses({digest: LastUse(now, ("a job",))}, {})
        self.store.record_usage(seen, (), now)

    def propose(self) -> PlanRecord:
        return (
            Proposer(
                self.store, self.scan(), self.clock,
                lambda: f"plan{next(self.ids)}", TERMS, ANN,
            )
            .propose(self.found)
            .record
        )  # fmt: skip

    def approve(
        self, plan: PlanRecord, undo_window: timedelta = UNDO_WINDOW, person: Person = ANN
    ) -> PlanRecord:
        """Approves by rules that let everyone approve."""
        channel = None if isinstance(person, AwsIdentity) else RULES.channel
        consent = ApprovalRequest(plan.version, channel, typed=self.shelf.id.name)
        return self.decisions(undo_window).approve(plan.id, person, consent)

    def approved(self) -> PlanRecord:
        """A plan that is due."""
        plan = self.approve(self.propose())
        self.wait(minutes=5)
        return plan

    def decisions(self, undo_window: timedelta = UNDO_WINDOW) -> Decisions:
        return Decisions(self.store, self.clock, lambda _: RULES, RULES, undo_window)

    def pins(self) -> Pins:
        return Pins(self.store, self.clock, lambda _: RULES, self.authority, TERMS)

    def pin(self, text: str) -> None:
        self.pins().pin(self.shelf.id, [text], ANN, "a customer runs it")

    def stop(self, plan: PlanRecord) -> PlanRecord:
        return self.decisions().stop(plan.id, ANN)

    # workers

    def scan(self) -> Planner:
        self.scans += 1
        newest = NewestRule(NEWEST, TagFilter(Patterns.of("*")))
        policy = Policy(timedelta(hours=24), Patterns(), (newest, *self.keep))
        place = (self.shelf.id.registry, self.shelf.id.name)
        index = ImageUseCollector(RegistryHosts({}))
        for image_use in self.image_uses:
            index.add(image_use)
        doubtful = index.snapshot((), ())
        failure = ErrorText(self.unread) if self.unread else None
        return Planner(
            snapshot=UsageSnapshot(
                dict(self.in_use),
                {place: dict(self.tags_in_use)},
                tuple(SourceScan(source, "a list", 1, failure) for source in self.sources),
                self.not_checked,
                doubtful.unreadable,
                doubtful.mentions,
            ),
            scanned_at=self.clock(),
            coverage=ScanCoverage(frozenset({self.shelf.id.registry}) | self.places),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            price_of=PRICES.of,
            cache=self.memory,
            store=self.store,
            authority=self.authority,
            clock=self.clock,
            progress=lambda *_: None,
            names=RepositoryNames(),
            covered_since={},
        )

    def starter(self, worker: PlanWorker = HERE, *, enabled: bool = True) -> RunStarter:
        return RunStarter(
            runner=RunExecutor(
                store=HookedStore(self.store, self._called),
                clock=self.clock,
                sleep=self._sleep,
                progress=lambda *progress: self.progress.append(progress),
                is_shutting_down=lambda: self.is_shutting_down,
            ),
            worker=worker,
            authority=self.authority,
            enabled=enabled,
            undo_window=self.undo_window,
            open_target=self._open_target,
        )

    def execute(self, plan: PlanRecord | None = None) -> PlanRecord:
        """Runs the plan, or a new approved one."""
        id_ = (plan or self.approved()).id
        return self.starter().start(id_, self.clock())

    def take_over(self, plan: PlanRecord, worker: PlanWorker = THERE) -> PlanRecord:
        return self.starter(worker).take_over(self.as_stored(plan), self.run(plan))

    @contextmanager
    def _open_target(self, plan: PlanRecord) -> Iterator[DeletionTarget]:
        assert plan.repository == self.shelf.id
        deleter = cast("ImageDeleter", self._hooked(self.deleter))
        yield DeletionTarget(self.found, deleter, self.scan)

    def _hooked(self, port: object) -> Any:
        return HookedPort(port, self._called)

    def _called(self, name: str) -> None:
        self.hook(name)

    def _sleep(self, seconds: float) -> None:
        """Advances the stand-in's clock."""
        self.slept.append(seconds)
        self.wait(seconds=seconds)

    # hooks and results

    def after(self, name: str, times: int, act: Callable[[], object]) -> None:
        """Acts once, after the given number of calls with this name."""
        seen = count(1)

        def hook(called: str) -> None:
            if called == f"after {name}" and next(seen) == times:
                act()

        self.hook = hook

    def die(self, name: str, times: int = 1) -> None:
        """Kills the worker before a call with this name, and removes the hook."""
        seen = count(1)

        def hook(called: str) -> None:
            if called == f"before {name}" and next(seen) == times:
                self.hook = lambda _: None
                raise Killed

        self.hook = hook

    def fault(self, operation: str, **how: Any) -> Fault:
        return self.aws.world.faults.add(Fault(service="ecr", operation=operation, **how))

    def calls(self, operation: str) -> int:
        return self.aws.world.calls.count(f"ecr:{operation}")

    def lose_repository(self) -> None:
        registry = self.shelf.id.registry
        with self.aws.world.lock:
            self.aws.world.registries.at(registry.account, registry.region).repositories.clear()

    @property
    def there(self) -> set[str]:
        """Digests."""
        return set(self.shelf.repository.manifests)

    def as_stored(self, plan: PlanRecord) -> PlanRecord:
        found = self.store.plan(plan.id)
        assert found
        return found

    def run(self, plan: PlanRecord) -> PlanRun:
        run = self.store.run(plan.id)
        assert run
        return run

    def items(self, plan: PlanRecord) -> dict[str, PlanItem]:
        return {item.digest: item for item in self.store.items(plan.id, plan.version)}

    def outcomes(self, plan: PlanRecord) -> dict[str, ImageOutcome]:
        return {digest: item.outcome for digest, item in self.items(plan).items()}

    def events(self, plan: PlanRecord) -> Sequence[str]:
        return [event.event.value for event in self.store.events() if event.plan == plan.id]

    def detail(self, name: str) -> str:
        """The detail of the last event with this name, as a sentence."""
        details = [event.detail for event in self.store.events() if event.event == name]
        return detail_words(details[-1])

    def reason(self, plan: PlanRecord, digest: str) -> str:
        """The reason of an image's result, as a sentence."""
        return item_words(self.items(plan)[digest])

    def check_results(self, plan: PlanRecord) -> None:
        """Checks the result of every digest: none is pending, deleted images are gone, and other
        images exist, unless another user deleted them."""
        for digest, item in self.items(plan).items():
            assert item.outcome is not ImageOutcome.PENDING, item
            assert item.reason
            if item.outcome is ImageOutcome.DELETED:
                assert digest not in self.there, item
            elif not is_deleted_elsewhere(item.reason):
                assert digest in self.there, item
        assert self.as_stored(plan).state not in (PlanState.APPROVED, PlanState.EXECUTING)


def make_aws_env(aws: AwsStandIn, store: Store, folder: Path) -> Iterator[AwsEnv]:
    with SqliteManifestCache(folder / "manifests.db") as cache:
        yield AwsEnv(aws, Shelf(aws), store, cache)
