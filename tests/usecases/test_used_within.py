"""The keep rule `used_within`, from a scan that sees an image in use to the plans after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.errors import ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.last_use import LastUse, MemoryReach, ScanPlace
from bot.core.patterns import Patterns
from bot.core.plan import Plan
from bot.core.policy import Policy, PolicyEntry
from bot.core.repository import RegistryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.selection import TagFilter
from bot.core.rules.used_within import UsedWithinRule
from bot.core.usage import ImageUse, ScanCoverage, SourceScan
from bot.core.usage_snapshot import ImageUseCollector, UsageSnapshot
from bot.core.verdict_reasons import PulledWithoutMemory, Reason, UsedRecently
from bot.playground.aws import AwsStandIn
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store
from bot.usecases.planning import Planner
from bot.usecases.repositories import FoundRepository, RepositoryNames
from bot.usecases.usage_history import MemoryOfScans, UsageRecorder
from tests.support import NOW, PRICES, Shelf
from tests.usecases.store_env import StoreEnv


def no_wait() -> None: ...


DAY = timedelta(days=1)
MONTH = 30 * DAY
SCAN_EVERY = timedelta(hours=12)
NO_ALIASES = RegistryHosts({})
ECS = ScanPlace("ecs", "here")
JOB = "ECS task nightly"
NEWEST = NewestRule(1, TagFilter())


@dataclass
class Bot:
    """Scans what `uses` names, and plans."""

    aws: AwsStandIn
    shelf: Shelf
    registry: EcrRegistry
    cache: SqliteManifestCache
    env: StoreEnv
    store: Store | None
    uses: tuple[str, ...] = ()
    scan_every: timedelta | None = SCAN_EVERY

    def scan(self) -> Planner:
        at = self.aws.world.clock.now()
        collector = ImageUseCollector(NO_ALIASES)
        for tag in self.uses:
            collector.add(ImageUse(f"{self.shelf.id.uri}:{tag}", JOB))
        snapshot = collector.snapshot([SourceScan(*ECS, 1)], ())
        here = self.shelf.id.registry
        covered: Mapping[RegistryId, datetime | None] = {}
        if self.store:
            asked = frozenset([here])
            UsageRecorder(
                self.store,
                [self.registry],
                asked,
                NO_ALIASES,
                self.scan_every,
                no_wait,
                pytest.fail,
            ).record(snapshot, at)
            covered = MemoryOfScans(
                self.store, [ECS], NO_ALIASES, at, self.scan_every
            ).covered_since(asked, MONTH)
        return self._planner(snapshot, covered)

    def _planner(
        self, snapshot: UsageSnapshot, covered: Mapping[RegistryId, datetime | None]
    ) -> Planner:
        policy = Policy(timedelta(), Patterns(), (NEWEST, UsedWithinRule(MONTH, TagFilter())))
        return Planner(
            snapshot=snapshot,
            scanned_at=self.aws.world.clock.now(),
            coverage=ScanCoverage(frozenset({self.shelf.id.registry})),
            policies=[PolicyEntry(Patterns.of("*"), policy)],
            pins=(),
            price_of=PRICES.of,
            cache=self.cache,
            store=self.store,
            authority=self.env.authority,
            clock=self.aws.world.clock.now,
            progress=lambda *_: None,
            names=RepositoryNames(),
            covered_since=covered,
        )

    def scan_for(self, duration: timedelta) -> None:
        """Regular scans, the last one at the end."""
        assert self.scan_every
        for _ in range(duration // self.scan_every):
            self.aws.world.clock.advance(self.scan_every)
            self.scan()

    def plan(self) -> Plan:
        return self.scan().plan(FoundRepository(self.shelf.id, self.registry)).plan

    def kept_by_rule(self, digest: str) -> list[Reason]:
        (judged,) = [each for each in self.plan().judged if each.manifest.digest == digest]
        return [reason for reason in judged.reasons if reason.rule == "used_within"]


@pytest.fixture
def bot(
    aws: AwsStandIn,
    shelf: Shelf,
    registry: EcrRegistry,
    cache: SqliteManifestCache,
    env: StoreEnv,
) -> Bot:
    aws.world.clock.set(NOW)
    return Bot(aws, shelf, registry, cache, env, env.store)


@pytest.fixture
def remembering(bot: Bot) -> Bot:
    """Scans are remembered for a month."""
    bot.scan()
    bot.scan_for(MONTH)
    return bot


def test_a_nightly_job_seen_once_stays_for_30_days(bot: Bot) -> None:
    job = bot.shelf.image("job", age=400)
    bot.shelf.image("new", age=1)
    bot.uses = ("job",)
    bot.scan()
    bot.uses = ()
    bot.scan_for(MONTH - SCAN_EVERY)
    (reason,) = bot.kept_by_rule(job)
    assert reason == UsedRecently(MONTH, NOW, (JOB,), 0)
    bot.scan_for(SCAN_EVERY)
    assert bot.plan().delete == (job,)


def test_a_tag_that_moved_protects_both_images(remembering: Bot) -> None:
    bot = remembering
    old, new = bot.shelf.image("old", "stable", age=400), bot.shelf.image("next", age=399)
    bot.shelf.image("new", age=1)
    bot.uses = ("stable",)
    bot.scan()
    bot.uses = ()
    bot.aws.world.retag(bot.shelf.repository, "next", "stable")
    bot.scan_for(DAY)
    assert bot.plan().delete == ()
    assert [type(reason) for d in (old, new) for reason in bot.kept_by_rule(d)] == [
        UsedRecently,
        UsedRecently,
    ]


def test_a_rollback_after_a_week_finds_its_image(remembering: Bot) -> None:
    bot = remembering
    version_1 = bot.shelf.image("1.0", age=400)
    bot.shelf.image("2.0", age=1)
    bot.uses = ("1.0",)
    bot.scan_for(DAY)
    bot.uses = ("2.0",)
    bot.scan_for(7 * DAY)
    assert bot.plan().delete == ()
    bot.scan_for(MONTH - 7 * DAY)
    assert bot.plan().delete == (version_1,)


def test_a_short_memory_keeps_what_was_pulled_and_says_so(bot: Bot) -> None:
    pulled, never = bot.shelf.image("pulled", age=400, pulled=3), bot.shelf.image("old", age=400)
    bot.shelf.image("new", age=1)
    bot.scan()
    bot.scan_for(10 * DAY)
    plan = bot.plan()
    assert plan.delete == (never,)
    assert plan.usage.memory == MemoryReach(NOW, MONTH)
    (reason,) = bot.kept_by_rule(pulled)
    assert reason == PulledWithoutMemory(MONTH, NOW - 3 * DAY, NOW)


def test_after_a_gap_pulls_count_again(remembering: Bot) -> None:
    bot = remembering
    old = bot.shelf.image("old", age=400, pulled=-29)
    bot.shelf.image("new", age=1)
    assert bot.plan().delete == (old,)
    bot.aws.world.clock.advance(timedelta(hours=25))
    assert bot.plan().delete == ()


class UnreadableUses(Store):
    """The database fails when it is asked for the last uses."""

    def last_uses(self, digests: Sequence[str]) -> Mapping[str, LastUse]:
        raise ServiceError(f"The database failed: {len(digests)} digests")


def test_without_the_rule_nothing_is_asked(bot: Bot) -> None:
    bot.shelf.image("old", age=400)
    found, planner = FoundRepository(bot.shelf.id, bot.registry), bot.scan()
    store = UnreadableUses(bot.env.store._database, is_new=bot.env.store.is_new)
    planner = replace(planner, store=store)
    with pytest.raises(ServiceError, match="The database failed"):
        planner.plan(found)
    without = Policy(timedelta(), Patterns(), (NEWEST,))
    plan = replace(planner, policies=[PolicyEntry(Patterns.of("*"), without)]).plan(found).plan
    assert plan.usage.memory is None


@pytest.mark.parametrize("reason", ["no store", "no regular scans"])
def test_without_regular_scans_nothing_is_covered(bot: Bot, reason: str) -> None:
    if reason == "no store":
        bot.store = None
    bot.scan_every = None
    bot.shelf.image("old", age=400, pulled=3)
    bot.shelf.image("new", age=1)
    plan = bot.plan()
    assert plan.delete == ()
    assert plan.usage.memory == MemoryReach(None, MONTH)
