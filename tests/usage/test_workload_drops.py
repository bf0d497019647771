"""A source that lists far fewer workloads than in the last 8 days is doubted until a user confirms
it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.image_references import RegistryHosts
from bot.core.plan_problems import UsageDrop
from bot.core.records import AuditEvent, AuditEventName
from bot.core.repository import RegistryId
from bot.core.usage import ImageUse
from bot.core.workload_counts import DoubtedUsage, WorkloadCount
from bot.ports import WorkloadCountMemory
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store, open_store
from bot.usage.usage_scan import UsageScanner
from tests.examples import examples
from tests.store.support import event
from tests.support import NOW

IRELAND = RegistryId("123456789012", "eu-west-1")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api:1"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCOPES = count()


@dataclass(frozen=True)
class ListedWorkloads:
    workloads: int
    scope: str
    name: str = "ecs"

    def image_uses(self) -> Iterator[ImageUse]:
        return (ImageUse(IMAGE, f"ECS prod/{n}") for n in range(self.workloads))


@dataclass
class Scans:
    """Scans of one source. `approvers`: of the settings of the process that scans."""

    memory: WorkloadCountMemory
    scope: str = field(default_factory=lambda: f"here {next(SCOPES)}")
    now: datetime = NOW

    def drop(self, workloads: int, approvers: Sequence[str] = ("ann",)) -> UsageDrop | None:
        """Scans now."""
        scanner = UsageScanner(
            sources=[ListedWorkloads(workloads, self.scope)],
            not_checked=(),
            registries=frozenset({IRELAND}),
            hosts=RegistryHosts({}),
            expect_none=True,
            memory=self.memory,
            may_confirm=approvers.__contains__,
            clock=lambda: self.now,
            progress=lambda *_: None,
        )
        (scan,) = scanner.scan().scans
        assert scan.at == self.now
        if not scan.failure:
            assert scan.last_whole_at == self.now
        return scan.usage_drop

    def notices(self, workloads: int, after: timedelta = 6 * HOUR) -> int | None:
        """Scans after this time. The count that it is doubted by."""
        self.now += after
        drop = self.drop(workloads)
        return drop.before if drop else None

    def doubted(self) -> DoubtedUsage | None:
        return next((d for d in self.memory.doubted() if d.scope == self.scope), None)

    def confirm(self, by: str = "ann") -> None:
        doubted = self.doubted()
        assert doubted
        assert self.memory.confirm(doubted, confirmed(by, self.now))


def confirmed(by: str, at: datetime) -> AuditEvent:
    return event(AuditEventName.CONFIRMED_USAGE, by=by, at=at)


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}") as opened:
        yield opened


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteManifestCache]:
    with SqliteManifestCache(tmp_path_factory.mktemp("cache") / "manifests.db") as opened:
        yield opened


@pytest.fixture(params=["one_store", "one_cache"])
def scans(request: pytest.FixtureRequest) -> Scans:
    return Scans(request.getfixturevalue(request.param))


def test_a_slope_is_noticed(scans: Scans) -> None:
    """Each count is more than half of the one before."""
    assert [scans.notices(each) for each in (100, 51, 26, 14)] == [None, None, 100, 100]


def test_a_slope_over_a_week_of_scans_is_noticed(scans: Scans) -> None:
    found = [scans.notices(100 - 2 * step) for step in range(28)]
    assert found == [None] * 26 + [100] * 2


def test_a_slope_over_months_is_not(scans: Scans) -> None:
    assert {scans.notices(100 - step, DAY) for step in range(80)} == {None}


def test_the_most_is_of_8_days(scans: Scans) -> None:
    assert scans.notices(100) is None
    assert scans.notices(60, 7 * DAY) is None
    assert scans.notices(40, DAY) == 100
    assert scans.notices(40, timedelta(seconds=1)) is None


def test_a_drop_names_the_last_time_of_the_most(scans: Scans) -> None:
    for each in (100, 90, 100, 80):
        assert scans.notices(each, DAY) is None
    scans.now += DAY
    assert scans.drop(3) == UsageDrop(3, 100, NOW + 3 * DAY, NOW + 5 * DAY)


def test_after_a_confirmation_the_count_starts_again(scans: Scans) -> None:
    assert [scans.notices(each) for each in (100, 51, 26)] == [None, None, 100]
    scans.confirm()
    assert [scans.notices(each) for each in (26, 14, 7)] == [None, None, 26]


def test_a_count_after_the_confirmation_counts(scans: Scans) -> None:
    assert [scans.notices(each) for each in (100, 26)] == [None, 100]
    scans.confirm()
    assert [scans.notices(each) for each in (100, 26)] == [None, 100]


def test_oscillation(scans: Scans) -> None:
    """A source that lists nothing every other time is doubted every other time."""
    assert [scans.notices(each) for each in (9, 0) * 30] == [None, 9] * 30


def test_a_long_pause_does_not_switch_the_check_off(scans: Scans) -> None:
    assert scans.notices(100) is None
    assert scans.notices(49, 40 * DAY) == 100
    assert scans.notices(50, DAY) is None


def test_a_count_of_a_clock_ahead_counts_until_a_confirmation(scans: Scans) -> None:
    ahead = WorkloadCount(100, NOW + 900 * DAY)
    scans.memory.accept("ecs", scans.scope, ahead)
    assert [scans.notices(each, 9 * DAY) for each in (60, 40)] == [None, 100]
    scans.confirm()
    assert [scans.notices(each) for each in (40, 21)] == [None, None]


def test_a_confirmation_of_a_clock_ahead_is_no_license(one_store: Store) -> None:
    scans = Scans(one_store)
    assert [scans.notices(each) for each in (100, 26)] == [None, 100]
    there = Scans(one_store, scans.scope, NOW + 900 * DAY)
    assert there.drop(26)
    there.confirm()
    assert [scans.notices(each) for each in (26, 100, 60, 40)] == [None, None, None, 100]
    scans.confirm()
    assert scans.notices(40) is None


# a process may have settings that do not let `eve` confirm


def test_another_confirmation_lowers_nothing(one_store: Store) -> None:
    scans = Scans(one_store)
    assert [scans.notices(each) for each in (100, 60, 40)] == [None, None, 100]
    scans.confirm(by="eve")
    assert scans.notices(40) == 100
    for _ in range(20):
        scans.now += DAY
        assert scans.drop(40, ["ann", "eve"]) is None
    assert scans.drop(40) == UsageDrop(40, 100, NOW + 6 * HOUR, scans.now)
    scans.confirm()
    assert scans.notices(40) is None


def test_another_confirmation_of_less_lowers_nothing(one_store: Store) -> None:
    scans = Scans(one_store)
    assert [scans.notices(each) for each in (90, 10)] == [None, 90]
    scans.confirm()
    for each in (4, 1):
        scans.now += DAY
        assert scans.drop(each, ["ann", "eve"])
        scans.confirm(by="eve")
    assert scans.notices(1) == 10


# any order


@dataclass
class Oracle:
    """What happened, and what a count is compared with, by the words of the documentation."""

    events: list[tuple[datetime, int, str | None, dict[str, int | None]]] = field(
        default_factory=list
    )
    """When the scan was made, its count, and who confirmed it, with the most before it by
    settings."""

    def most(self, approvers: Sequence[str], now: datetime) -> int | None:
        found: list[tuple[datetime, int]] = []
        held: list[int] = []
        for at, workloads, by, before in self.events:
            if by in approvers:
                found, held = [], []
            elif by is not None:
                most = before["".join(approvers)]
                assert most is not None
                held.append(most)
            found.append((at, workloads))
        in_time = [workloads for at, workloads in found if now - at <= timedelta(days=8)]
        return max([*held, *in_time, *(workloads for _, workloads in found[-1:])], default=None)


SETTINGS = (("ann",), ("ann", "eve"))

Step = Callable[[Scans, Oracle], None]


def scan_step(workloads: int, approvers: Sequence[str]) -> Step:
    def step(scans: Scans, oracle: Oracle) -> None:
        most = oracle.most(approvers, scans.now)
        drop = scans.drop(workloads, approvers)
        assert bool(drop) is (most is not None and 2 * workloads < most)
        if drop:
            assert (drop.workloads, drop.before) == (workloads, most)
        else:
            oracle.events.append((scans.now, workloads, None, {}))

    return step


def confirm_step(by: str) -> Step:
    def step(scans: Scans, oracle: Oracle) -> None:
        if doubted := scans.doubted():
            listed = doubted.listed
            before = {"".join(each): oracle.most(each, listed.at) for each in SETTINGS}
            scans.confirm(by)
            oracle.events.append((listed.at, listed.workloads, by, before))

    return step


def pause_step(pause: timedelta) -> Step:
    def step(scans: Scans, _: Oracle) -> None:
        scans.now += pause

    return step


PAUSES = st.integers(1, 20 * 24).map(lambda hours: pause_step(hours * HOUR))
COUNTS = st.integers(0, 40)


def steps(approvers: Sequence[Sequence[str]], by: Sequence[str]) -> st.SearchStrategy[list[Step]]:
    scan = st.builds(scan_step, COUNTS, st.sampled_from(approvers))
    confirm = st.sampled_from(by).map(confirm_step)
    return st.lists(st.one_of(scan, scan, PAUSES, confirm), max_size=25)


def play(memory: WorkloadCountMemory, made: Sequence[Step]) -> None:
    scans, oracle = Scans(memory), Oracle()
    for step in made:
        step(scans, oracle)
        scans.now += timedelta(minutes=1)


@settings(max_examples=examples(100), deadline=None)
@given(made=steps(SETTINGS, ["ann", "eve"]))
def test_any_order_with_a_store(one_store: Store, made: Sequence[Step]) -> None:
    play(one_store, made)


@settings(max_examples=examples(100), deadline=None)
@given(made=steps(SETTINGS[1:], ["ann"]))
def test_any_order_without_a_store(one_cache: SqliteManifestCache, made: Sequence[Step]) -> None:
    play(one_cache, made)


def test_few_counts_are_stored(scans: Scans) -> None:
    for step in range(40):
        scans.notices(100 + step % 7, HOUR)
    assert len(scans.memory.history("ecs", scans.scope).recent) <= 7
