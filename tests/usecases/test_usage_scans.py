"""Regular scans of usage by several workers, with injected time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import sleep

import pytest
from sqlalchemy import func, select

from bot.core.errors import ServiceError
from bot.core.last_use import LastUse, ScanPlace, SeenUses, covered_since, longest_gap
from bot.store.store import Store
from bot.store.usage_tables import DigestUseRow
from bot.usecases.deletion.lease import USAGE_SCAN_LEASE
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.usage_scans import RegularUsageScans
from tests.support import NOW
from tests.usecases.store_env import StoreEnv

MINUTE, HOUR, DAY, YEAR = (timedelta(days=days) for days in (1 / 1440, 1 / 24, 1, 365))
EVERY = 6 * HOUR
ECS = ScanPlace("ecs", "here")


class KilledError(BaseException):
    """Ends a worker like SIGKILL."""


@dataclass
class Replica:
    """A worker. `ahead`: of its clock. `during`: what happens during its scans."""

    env: StoreEnv
    store: Store
    name: str = "one"
    ahead: timedelta = timedelta(0)
    is_whole: bool = True
    during: Callable[[], object] = lambda: None
    scans: list[datetime] = field(default_factory=list)
    schedule: RegularUsageScans = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.schedule = RegularUsageScans(
            self.store, self.name, EVERY, 400 * DAY, self.scan, self.clock
        )

    def clock(self) -> datetime:
        return self.env.now + self.ahead

    def scan(self, expect_turn: Callable[[], None]) -> bool:
        """Sees another image in use at each scan."""
        at = self.clock()
        self.during()
        expect_turn()
        seen = SeenUses({f"sha256:{at:%Y-%m-%d %H}": LastUse(at, ("ECS a",))}, {})
        self.store.record_usage(seen, [ECS] if self.is_whole else [], at)
        self.scans.append(self.env.now)
        return self.is_whole

    def check(self) -> None:
        self.schedule(self.clock())


@pytest.fixture
def one(env: StoreEnv) -> Replica:
    return Replica(env, env.store)


@pytest.fixture
def two(env: StoreEnv) -> Replica:
    return Replica(env, env.theirs, "two")


def pass_time(env: StoreEnv, hours: float, *replicas: Replica) -> None:
    """Each replica checks every 10 minutes."""
    end = env.now + timedelta(hours=hours)
    while env.now < end:
        for replica in replicas:
            replica.check()
        env.now += 10 * MINUTE


def rows(store: Store) -> int:
    """How many digests are remembered."""
    with store._database.reading() as session:
        return session.scalars(select(func.count()).select_from(DigestUseRow)).one()


def test_two_replicas_make_one_scan(env: StoreEnv, one: Replica, two: Replica) -> None:
    pass_time(env, 24, one, two)
    assert sorted(one.scans + two.scans) == [NOW + n * EVERY for n in range(4)]


def test_another_replica_does_not_scan_meanwhile(one: Replica, two: Replica) -> None:
    one.during = two.check
    one.check()
    assert (len(one.scans), len(two.scans)) == (1, 0)


def test_a_killed_replica_is_replaced(env: StoreEnv, one: Replica, two: Replica) -> None:
    """Half a scan records nothing."""

    def killed() -> None:
        raise KilledError

    one.during = killed
    with pytest.raises(KilledError):
        one.check()
    two.check()
    assert two.scans == []
    assert env.store.usage_scans(NOW - DAY) == {}
    env.now += USAGE_SCAN_LEASE
    two.check()
    assert two.scans == [NOW + USAGE_SCAN_LEASE]


def test_a_replica_that_was_frozen_stops(
    one: Replica, two: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease expired by the clock of another replica, which scans."""
    monkeypatch.setattr("bot.usecases.deletion.lease.USAGE_SCAN_RENEWAL", MINUTE / 3_000)

    def frozen(expect_turn: Callable[[], None]) -> bool:
        two.ahead = USAGE_SCAN_LEASE
        two.check()
        for _ in range(10_000):
            expect_turn()
            sleep(0.001)
        return True

    two.during = one.check
    one.schedule.scan = frozen
    one.check()
    assert two.scans == [NOW]
    one.restart()
    one.check()
    assert one.scans == []


def test_a_shutdown_releases_the_turn(env: StoreEnv, one: Replica, two: Replica) -> None:
    def shut_down() -> None:
        raise ShutdownError

    one.during = shut_down
    one.check()
    assert one.scans == []
    two.check()
    assert two.scans == [env.now]


def test_a_partial_scan_is_repeated_earlier(env: StoreEnv, one: Replica) -> None:
    """So early that one failure makes no gap in the memory."""
    one.check()
    env.now += EVERY
    one.is_whole = False
    pass_time(env, 3, one)
    one.is_whole = True
    pass_time(env, 9, one)
    hours = [(at - NOW) / HOUR for at in one.scans]
    assert hours == [0, 6, 7.5, 9, 15]
    assert covered_since(env.store.usage_scans(NOW - DAY), env.now, longest_gap(EVERY)) == NOW


def test_a_failure_is_raised_and_repeated(env: StoreEnv, one: Replica) -> None:
    def fail() -> None:
        raise ServiceError("no credentials")

    one.during = fail
    with pytest.raises(ServiceError, match="no credentials"):
        one.check()
    one.during = lambda: None
    pass_time(env, 2, one)
    assert one.scans == [NOW + EVERY / 4]


@pytest.mark.parametrize("ahead", [-5 * MINUTE, 5 * MINUTE, 30 * MINUTE])
def test_clocks_that_differ_by_minutes(
    ahead: timedelta, env: StoreEnv, one: Replica, two: Replica
) -> None:
    two.ahead = ahead
    pass_time(env, 48, one, two)
    assert len(one.scans + two.scans) in (8, 9)


@pytest.mark.parametrize("ahead", [-3 * YEAR, -DAY, DAY, 3 * YEAR])
def test_a_wrong_clock(ahead: timedelta, env: StoreEnv, one: Replica, two: Replica) -> None:
    """Each replica scans at its interval at most, and the right one does not skip a scan."""
    two.ahead = ahead
    pass_time(env, 48, one, two)
    assert len(one.scans) in (8, 9)
    assert len(two.scans) <= 9


def test_a_clock_that_was_ahead_is_set_right(env: StoreEnv, one: Replica) -> None:
    one.ahead = YEAR
    one.check()
    one.ahead = timedelta(0)
    pass_time(env, 12, one)
    assert one.scans == [NOW, NOW, NOW + EVERY]


def test_a_shorter_interval_counts_at_once(env: StoreEnv, one: Replica) -> None:
    one.schedule.every = 30 * DAY
    one.check()
    env.now += HOUR
    one.restart()
    one.check()
    assert len(one.scans) == 2


def test_more_than_a_year_of_scans(env: StoreEnv, one: Replica) -> None:
    """What is older than 400 days is removed. A year is covered without a gap."""
    one.schedule.every = DAY
    while env.now < NOW + YEAR + 60 * DAY:
        one.check()
        env.now += DAY
    scans = env.store.usage_scans(NOW - DAY)
    assert len(scans[ECS]) == rows(env.store) == 401
    assert covered_since(scans, env.now, longest_gap(DAY)) == env.now - 401 * DAY


def test_a_partial_scan_removes_nothing(env: StoreEnv, one: Replica) -> None:
    one.check()
    one.is_whole = False
    env.now += 2 * YEAR
    one.check()
    assert rows(env.store) == 2
