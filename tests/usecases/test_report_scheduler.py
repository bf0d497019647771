"""Scheduled reports are queued once and on time, over a year, despite deaths and clock changes."""

import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import ServiceError
from bot.core.patterns import Patterns
from bot.core.report_schedules import (
    IGNORE_TAG,
    LISTING_TIMEOUT,
    ReportOutcome,
    Schedule,
    ScheduleEntry,
    due_rounds,
    requested_round,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.store.store import Store, open_store
from bot.usecases.reports import ReportScheduler
from tests.postgres import Server
from tests.store.support import sqlite_url
from tests.usecases.fake_registry import HERE, FakeRegistry

THERE = RegistryId("210987654321", "us-east-1")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


class SeveralRepositories(FakeRegistry):
    """A registry with several repositories, in memory."""

    def __init__(self, at: RegistryId, *names: str) -> None:
        super().__init__(lambda: MONDAY)
        self.at = at
        self.names = list(names)
        self.tagged: dict[str, dict[str, str]] = {}
        self.listed = 0
        self.fails: set[str] = set()

    def id(self) -> RegistryId:
        self._let_fail("id")
        return self.at

    def repositories(self) -> Iterator[RepositoryId]:
        self._let_fail("repositories")
        self.listed += 1
        yield from map(self.named, self.names)

    def resource_tags(self, repository: RepositoryId) -> dict[str, str]:
        self._let_fail("resource_tags")
        return self.tagged.get(repository.name, {})

    def named(self, name: str) -> RepositoryId:
        host = f"{self.at.account}.dkr.ecr.{self.at.region}.amazonaws.com"
        return RepositoryId(self.at, name, f"{host}/{name}")

    def _let_fail(self, call: str) -> None:
        if call in self.fails:
            raise ServiceError(f"AWS refused {call}")


def entry(schedule: str = "mon 09:00", zone: str = "UTC", *globs: str) -> ScheduleEntry:
    return ScheduleEntry(
        repositories=Patterns.of(*(globs or ("*",))),
        schedule=Schedule.parse(schedule, zone),
        min_saving=0.0,
        channel="C1",
        digest_over=5,
    )


@dataclass
class SchedulerSetup:
    """`made`: the local time and the repository of each report that was made."""

    store: Store
    entries: list[ScheduleEntry]
    here: SeveralRepositories = field(
        default_factory=lambda: SeveralRepositories(HERE, "team/api", "team/web")
    )
    there: SeveralRepositories = field(
        default_factory=lambda: SeveralRepositories(THERE, "lab/api")
    )
    made: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    since: datetime = NEW_YEAR - 365 * DAY

    def open(self, store: Store | None = None) -> ReportScheduler:
        """Opens the scheduler, as every process does at its start."""
        registries = {"own": self.here, "other": self.there}
        warn = self.warnings.append
        return ReportScheduler(store or self.store, self.entries, registries, self.since, warn)

    def run(self, *moments: datetime) -> "SchedulerSetup":
        """Runs the scheduler in one process at these times, and handles all jobs."""
        process = self.open()
        for now in moments:
            process(now)
            self.work(now)
            process(now)
            self.work(now)
        return self

    def work(self, now: datetime) -> None:
        while job := self.store.take_job("worker", now + HOUR, HOUR):
            if job.kind == "due":
                self._settle(job.payload["repository"], job.payload["local"])
            else:
                rest = self.store.round_summary(job.payload["line"])
                assert rest
                names = [each.name for each in rest.reports] + [
                    each.registry for each in rest.missed
                ]
                self.told.append(tuple(names))
            assert self.store.finish_job(job)

    def _settle(self, uri: str, local: str) -> None:
        self.made.append((local, uri.partition("/")[2]))
        found = self.store.scheduled_report(uri, datetime.fromisoformat(local))
        assert found
        self.store.record_report(replace(found, outcome=ReportOutcome.NOTHING), datetime.now(UTC))


class Killed(BaseException):
    """Ends the process."""


class DyingStore(Store):
    """Its process dies after so many calls: with `lands` after the next call, else before it."""

    def __init__(self, store: Store, calls: int, *, lands: bool) -> None:
        super().__init__(store._database, is_new=store.is_new)
        self._left = calls
        self._lands = lands

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found

        def call(*arguments: Any) -> Any:
            self._left -= 1
            if self._left >= 0:
                return found(*arguments)
            if self._lands:
                found(*arguments)
            raise Killed

        return call


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    with open_store(sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))) as opened:
        yield opened


@pytest.fixture
def scheduler_setup(store: Store) -> SchedulerSetup:
    return SchedulerSetup(store, [entry()])


def expected(
    schedule: str, *names: str, since: datetime = NEW_YEAR, number: int = 365
) -> Counter[tuple[str, str]]:
    """The reports of so many days, by the calendar."""
    days, _, at = schedule.partition(" ")
    every = (since + n * DAY for n in range(number))
    return Counter(
        (f"{day:%Y-%m-%d}T{at}", name)
        for day in every
        if days == "daily" or f"{day:%a}".lower() in days.split(",")
        for name in names
    )


NAMES = ("team/api", "team/web", "lab/api")


# over a year


@pytest.mark.parametrize(
    "year", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["a month", "a year"]
)
@pytest.mark.parametrize(
    ("schedule", "zone", "month"),
    [
        ("sun 02:30", BERLIN, 3),
        ("sun 01:30", NEW_YORK, 11),
        ("mon,thu 00:00", "Australia/Lord_Howe", 4),
    ],
)
def test_each_report_is_made_once_across_process_deaths(
    store: Store, schedule: str, zone: str, month: int, *, year: bool
) -> None:
    """A month with a clock change."""
    first = NEW_YEAR if year else datetime(2026, month, 1, tzinfo=UTC)
    days = 365 if year else 30
    random = Random(f"{schedule} {zone}")
    scheduler_setup = SchedulerSetup(store, [entry(schedule, zone)])
    process, now = scheduler_setup.open(), first - DAY / 2
    late: list[timedelta] = []
    while now < first + (days + 1) * DAY:
        try:
            process(now)
        except Killed:
            process = scheduler_setup.open()
            process(now + MINUTE)
        before = len(scheduler_setup.made)
        if due_rounds(scheduler_setup.entries, scheduler_setup.since, now):
            scheduler_setup.work(now)
        late += [now - _instant(local, zone) for local, _ in scheduler_setup.made[before:]]
        if random.random() < 0.2:
            calls, lands = random.randrange(6), random.random() < 0.5
            process = scheduler_setup.open(DyingStore(store, calls, lands=lands))
        now += random.choice([MINUTE, 3 * HOUR, 11 * HOUR])
    span = [f"{first + n * DAY:%Y-%m-%d}" for n in range(days)]
    made = Counter(each for each in scheduler_setup.made if each[0][:10] in span)
    assert made == expected(schedule, *NAMES, since=first, number=days)
    assert min(late) >= timedelta(0)
    assert max(late) < DAY


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("calls", range(6))
def test_a_process_dies_between_any_two_calls(
    scheduler_setup: SchedulerSetup, calls: int, *, lands: bool
) -> None:
    """Two registries need seven calls: begin, remember and claim for each, and gather."""
    process = scheduler_setup.open(DyingStore(scheduler_setup.store, calls, lands=lands))
    with pytest.raises(Killed):
        process(MONDAY)
    scheduler_setup.run(MONDAY + MINUTE)
    assert Counter(scheduler_setup.made) == Counter(("2026-11-23T09:00", name) for name in NAMES)
    assert scheduler_setup.told == [("team/api", "team/web", "lab/api")]


def _instant(local: str, zone: str) -> datetime:
    """The time in UTC. A time that a clock change skips becomes the last instant before it."""
    naive = datetime.fromisoformat(local)
    meant = (naive.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return min(each.astimezone(UTC) for each in meant)


@pytest.mark.parametrize("weeks", [4, pytest.param(52, marks=pytest.mark.slow)])
def test_two_replicas_on_a_real_database(postgresql: Server, weeks: int) -> None:
    """Both replicas run in every relevant minute. Four weeks end with the Sunday of the clock
    change in Berlin; a year has all."""
    with (
        postgresql.database(migrated=True) as url,
        open_store(url) as first,
        open_store(url) as second,
        ThreadPoolExecutor(2) as pool,
    ):
        entries = [entry("sun 02:30", BERLIN, "team/*"), entry("sun 02:30", NEW_YORK)]
        scheduler_setup = SchedulerSetup(first, entries)
        replicas, start = [scheduler_setup.open(first), scheduler_setup.open(second)], Barrier(2)

        def run(replica: ReportScheduler, now: datetime) -> None:
            start.wait(60)
            replica(now)

        sunday = NEW_YEAR + 3 * DAY + timedelta(weeks=0 if weeks == 52 else 9)
        sundays = (sunday + n * timedelta(weeks=1) for n in range(weeks))
        moments = (day + hours * HOUR + MINUTE for day in sundays for hours in (0, 1, 2, 6, 7, 8))
        for now in moments:
            list(pool.map(run, replicas, [now, now]))
            scheduler_setup.work(now)
        scheduler_setup.run(now)
        made = expected("sun 02:30", *NAMES, since=sunday, number=7 * weeks)
        assert Counter(scheduler_setup.made) == made
        assert sorted(name for line in scheduler_setup.told for name in line) == sorted(
            weeks * NAMES
        )


@pytest.mark.parametrize(
    ("zone", "before", "at", "local"),
    [
        (BERLIN, (3, 29, 0, 59), (3, 29, 1, 0), "2026-03-29T02:30"),
        (BERLIN, (10, 25, 0, 29), (10, 25, 0, 30), "2026-10-25T02:30"),
        (NEW_YORK, (3, 8, 6, 59), (3, 8, 7, 0), "2026-03-08T02:30"),
        (NEW_YORK, (11, 1, 7, 29), (11, 1, 7, 30), "2026-11-01T02:30"),
    ],
)
def test_days_with_a_clock_change(
    scheduler_setup: SchedulerSetup,
    zone: str,
    before: tuple[int, int, int, int],
    at: tuple[int, int, int, int],
    local: str,
) -> None:
    scheduler_setup.entries = [entry("sun 02:30", zone)]
    month, day, hour, minute = at
    moment = datetime(2026, month, day, hour, minute, tzinfo=UTC)
    month, day, hour, minute = before
    just_before = datetime(2026, month, day, hour, minute, tzinfo=UTC)
    scheduler_setup.run(just_before)
    assert scheduler_setup.made == []
    scheduler_setup.run(*(moment + n * 30 * MINUTE for n in range(10)))
    assert [each[0] for each in scheduler_setup.made] == [local] * 3


# while no process runs


@pytest.mark.parametrize(
    ("away", "made"),
    [
        (2 * HOUR, ["2026-11-23T09:00"]),
        (DAY - MINUTE, ["2026-11-23T09:00"]),
        (DAY, []),
        (3 * DAY, []),
    ],
)
def test_a_missed_report_is_made_within_a_day(
    scheduler_setup: SchedulerSetup, away: timedelta, made: list[str]
) -> None:
    scheduler_setup.run(MONDAY - MINUTE)
    scheduler_setup.run(MONDAY + away)
    assert [local for local, _ in scheduler_setup.made] == [local for local in made for _ in NAMES]


def test_a_new_database_has_no_missed_reports(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.since = MONDAY + HOUR
    scheduler_setup.run(MONDAY + 2 * HOUR)
    assert scheduler_setup.made == []
    scheduler_setup.run(MONDAY + 7 * DAY)
    assert len(scheduler_setup.made) == len(NAMES)


def test_only_the_last_missed_report_is_made(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.entries = [entry("daily 09:00")]
    scheduler_setup.run(MONDAY)
    scheduler_setup.made.clear()
    scheduler_setup.run(MONDAY + 3 * DAY + 2 * HOUR)
    assert {local for local, _ in scheduler_setup.made} == {"2026-11-26T09:00"}


def test_a_short_day_makes_one_report(scheduler_setup: SchedulerSetup) -> None:
    """Two reports are less than a day old, since the clocks go forward."""
    scheduler_setup.entries = [entry("daily 09:00", BERLIN)]
    scheduler_setup.run(datetime(2026, 3, 29, 7, 30, tzinfo=UTC))
    assert {local for local, _ in scheduler_setup.made} == {"2026-03-29T09:00"}


# edited settings


def test_edits_of_the_settings_post_nothing_again(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.run(MONDAY)
    scheduler_setup.entries = [
        replace(entry("mon,tue 09:00", NEW_YORK, "team/*"), min_saving=7.0),
        entry("mon 09:00", "UTC", "*", "more"),
    ]
    scheduler_setup.run(*(MONDAY + n * HOUR for n in range(10)))
    assert Counter(scheduler_setup.made) == Counter(("2026-11-23T09:00", name) for name in NAMES)


def test_new_repositories_are_included(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.run(MONDAY)
    scheduler_setup.here.names = ["team/new"]
    scheduler_setup.run(MONDAY + 7 * DAY)
    assert ("2026-11-30T09:00", "team/new") in scheduler_setup.made
    assert ("2026-11-30T09:00", "team/api") not in scheduler_setup.made
    known = [each.repository.name for each in scheduler_setup.store.repositories()]
    assert known == ["lab/api", "team/new"]


def test_the_first_matching_entry_applies(scheduler_setup: SchedulerSetup) -> None:
    quiet = replace(entry("mon 09:00", "UTC", "lab/*"), channel=None)
    scheduler_setup.entries = [quiet, entry("mon 08:00", "UTC", "*web"), entry()]
    scheduler_setup.run(MONDAY)
    assert sorted(scheduler_setup.made) == [
        ("2026-11-23T08:00", "team/web"),
        ("2026-11-23T09:00", "team/api"),
    ]


# tags


def test_a_tag_excludes_a_repository(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.here.tagged = {"team/web": {IGNORE_TAG: ""}, "team/api": {"team": "api"}}
    scheduler_setup.run(MONDAY)
    assert [name for _, name in scheduler_setup.made] == ["team/api", "lab/api"]


def test_unreadable_tags_exclude_nothing(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.here.fails = {"resource_tags"}
    scheduler_setup.run(MONDAY)
    assert sorted(name for _, name in scheduler_setup.made) == sorted(NAMES)
    assert (
        "AWS refused resource_tags; the report of team/api is made anyway"
        in scheduler_setup.warnings
    )


# registries


@pytest.mark.parametrize("call", ["id", "repositories"])
def test_a_registry_that_cannot_be_listed(scheduler_setup: SchedulerSetup, call: str) -> None:
    scheduler_setup.here.fails = {call}
    scheduler_setup.run(MONDAY, MONDAY + MINUTE)
    assert [name for _, name in scheduler_setup.made] == ["lab/api"]
    assert scheduler_setup.told == []
    assert "retrying in a minute" in scheduler_setup.warnings[0]
    scheduler_setup.run(MONDAY + LISTING_TIMEOUT)
    assert scheduler_setup.told == [("lab/api", "own")]
    scheduler_setup.here.fails = set()
    scheduler_setup.run(MONDAY + HOUR)
    assert sorted(name for _, name in scheduler_setup.made) == sorted(NAMES)
    assert scheduler_setup.told[1:] == [("team/api", "team/web")]


def test_a_requested_round_needs_all_registries(scheduler_setup: SchedulerSetup) -> None:
    """It lists only those that were not listed yet."""
    asked = entry()
    round_ = requested_round(asked, MONDAY)
    scheduler_setup.here.fails = {"repositories"}
    assert not scheduler_setup.open().start_requested(round_, asked, MONDAY)
    scheduler_setup.here.fails = set()
    assert scheduler_setup.open().start_requested(round_, asked, MONDAY + MINUTE)
    assert scheduler_setup.open().start_requested(round_, asked, MONDAY + HOUR)
    assert (scheduler_setup.here.listed, scheduler_setup.there.listed) == (1, 1)
    scheduler_setup.work(MONDAY + HOUR)
    assert sorted(name for _, name in scheduler_setup.made) == sorted(NAMES)


def test_registries_are_listed_once_per_round(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.run(*(MONDAY + n * MINUTE for n in range(-30, 90)))
    scheduler_setup.run(*(MONDAY + n * MINUTE for n in range(90, 100)))
    assert (scheduler_setup.here.listed, scheduler_setup.there.listed) == (1, 1)


def test_two_entries_due_at_once_share_a_listing(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.entries = [entry("mon 09:00", "UTC", "team/*"), entry()]
    scheduler_setup.run(MONDAY)
    assert (scheduler_setup.here.listed, scheduler_setup.there.listed) == (1, 1)
    assert sorted(name for _, name in scheduler_setup.made) == sorted(NAMES)


def test_another_process_was_faster(scheduler_setup: SchedulerSetup) -> None:
    """Between reading the open rounds and the claim."""
    mine, theirs = scheduler_setup.open(), scheduler_setup.open()
    original = scheduler_setup.here.repositories

    def meanwhile() -> Iterator[RepositoryId]:
        scheduler_setup.here.repositories = original  # type: ignore[method-assign]
        theirs(MONDAY)
        return original()

    scheduler_setup.here.repositories = meanwhile  # type: ignore[method-assign]
    mine(MONDAY)
    scheduler_setup.work(MONDAY)
    assert sorted(name for _, name in scheduler_setup.made) == sorted(NAMES)


# summaries


def test_the_summary_is_queued_after_the_last_report(scheduler_setup: SchedulerSetup) -> None:
    scheduler_setup.run(MONDAY, MONDAY + MINUTE)
    assert scheduler_setup.told == [("team/api", "team/web", "lab/api")]
