"""Reports come by themselves, each once, on time: over a year, past deaths and changing clocks."""

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
)
from bot.core.repository import RegistryId, RepositoryId
from bot.store.store import Store, open_store
from bot.usecases.reports import ReportScheduler
from tests.postgres import Server
from tests.store.support import sqlite_url
from tests.usecases.shelf import HERE, Shelf

THERE = RegistryId("210987654321", "us-east-1")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


class Street(Shelf):
    """A registry of several repositories, in memory."""

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
        Patterns.of(*(globs or ("*",))), Schedule.parse(schedule, zone), 0.0, is_posted=True
    )


@dataclass
class Town:
    """Whatever `came` by itself: the local time and the name of each."""

    store: Store
    entries: list[ScheduleEntry]
    here: Street = field(default_factory=lambda: Street(HERE, "team/api", "team/web"))
    there: Street = field(default_factory=lambda: Street(THERE, "lab/api"))
    came: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    since: datetime = NEW_YEAR - 365 * DAY

    def open(self, store: Store | None = None) -> ReportScheduler:
        """As every process does that begins."""
        registries = {"own": self.here, "other": self.there}
        warn = self.warnings.append
        return ReportScheduler(store or self.store, self.entries, registries, self.since, warn)

    def run(self, *moments: datetime) -> "Town":
        """In one process, with somebody who does what is due at once."""
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
        self.came.append((local, uri.partition("/")[2]))
        found = self.store.scheduled_report(uri, datetime.fromisoformat(local))
        assert found
        self.store.record_report(replace(found, outcome=ReportOutcome.NOTHING))


class Killed(BaseException):
    """The process is gone."""


class MortalStore(Store):
    """Its process dies after so many calls: before or after the next one `lands`."""

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
def town(store: Store) -> Town:
    return Town(store, [entry()])


def expected(
    schedule: str, *names: str, since: datetime = NEW_YEAR, number: int = 365
) -> Counter[tuple[str, str]]:
    """So many days that it names, by the calendar."""
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
def test_each_comes_once_across_deaths_at_any_moment(
    store: Store, schedule: str, zone: str, month: int, *, year: bool
) -> None:
    """A month in which the clocks change."""
    first = NEW_YEAR if year else datetime(2026, month, 1, tzinfo=UTC)
    days = 365 if year else 30
    random = Random(f"{schedule} {zone}")
    town = Town(store, [entry(schedule, zone)])
    process, now = town.open(), first - DAY / 2
    late: list[timedelta] = []
    while now < first + (days + 1) * DAY:
        try:
            process(now)
        except Killed:
            process = town.open()
            process(now + MINUTE)
        before = len(town.came)
        if due_rounds(town.entries, town.since, now):
            town.work(now)
        late += [now - _instant(local, zone) for local, _ in town.came[before:]]
        if random.random() < 0.2:
            calls, lands = random.randrange(6), random.random() < 0.5
            process = town.open(MortalStore(store, calls, lands=lands))
        now += random.choice([MINUTE, 3 * HOUR, 11 * HOUR])
    span = [f"{first + n * DAY:%Y-%m-%d}" for n in range(days)]
    came = Counter(each for each in town.came if each[0][:10] in span)
    assert came == expected(schedule, *NAMES, since=first, number=days)
    assert min(late) >= timedelta(0)
    assert max(late) < DAY


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("calls", range(6))
def test_a_death_between_any_two_calls(town: Town, calls: int, *, lands: bool) -> None:
    """Two registries make six: begin, remember and claim of each, gather."""
    process = town.open(MortalStore(town.store, calls, lands=lands))
    with pytest.raises(Killed):
        process(MONDAY)
    town.run(MONDAY + MINUTE)
    assert Counter(town.came) == Counter(("2026-11-23T09:00", name) for name in NAMES)
    assert town.told == [("team/api", "team/web", "lab/api")]


def _instant(local: str, zone: str) -> datetime:
    """Not later than it is due: of a time that the clocks skip the last instant before."""
    naive = datetime.fromisoformat(local)
    meant = (naive.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return min(each.astimezone(UTC) for each in meant)


@pytest.mark.parametrize("weeks", [4, pytest.param(52, marks=pytest.mark.slow)])
def test_two_replicas_on_a_real_database(postgresql: Server, weeks: int) -> None:
    """Side by side in every minute that matters. Four weeks are those before the clocks change in
    Berlin, and the Sunday on which they do; the year has all."""
    with (
        postgresql.database(migrated=True) as url,
        open_store(url) as first,
        open_store(url) as second,
        ThreadPoolExecutor(2) as pool,
    ):
        entries = [entry("sun 02:30", BERLIN, "team/*"), entry("sun 02:30", NEW_YORK)]
        town = Town(first, entries)
        replicas, start = [town.open(first), town.open(second)], Barrier(2)

        def run(replica: ReportScheduler, now: datetime) -> None:
            start.wait(60)
            replica(now)

        sunday = NEW_YEAR + 3 * DAY + timedelta(weeks=0 if weeks == 52 else 9)
        sundays = (sunday + n * timedelta(weeks=1) for n in range(weeks))
        moments = (day + hours * HOUR + MINUTE for day in sundays for hours in (0, 1, 2, 6, 7, 8))
        for now in moments:
            list(pool.map(run, replicas, [now, now]))
            town.work(now)
        town.run(now)
        came = expected("sun 02:30", *NAMES, since=sunday, number=7 * weeks)
        assert Counter(town.came) == came
        assert sorted(name for line in town.told for name in line) == sorted(weeks * NAMES)


@pytest.mark.parametrize(
    ("zone", "before", "at", "local"),
    [
        (BERLIN, (3, 29, 0, 59), (3, 29, 1, 0), "2026-03-29T02:30"),
        (BERLIN, (10, 25, 0, 29), (10, 25, 0, 30), "2026-10-25T02:30"),
        (NEW_YORK, (3, 8, 6, 59), (3, 8, 7, 0), "2026-03-08T02:30"),
        (NEW_YORK, (11, 1, 7, 29), (11, 1, 7, 30), "2026-11-01T02:30"),
    ],
)
def test_days_on_which_the_clocks_change(
    town: Town,
    zone: str,
    before: tuple[int, int, int, int],
    at: tuple[int, int, int, int],
    local: str,
) -> None:
    town.entries = [entry("sun 02:30", zone)]
    month, day, hour, minute = at
    moment = datetime(2026, month, day, hour, minute, tzinfo=UTC)
    month, day, hour, minute = before
    just_before = datetime(2026, month, day, hour, minute, tzinfo=UTC)
    town.run(just_before)
    assert town.came == []
    town.run(*(moment + n * 30 * MINUTE for n in range(10)))
    assert [each[0] for each in town.came] == [local] * 3


# while nobody was there


@pytest.mark.parametrize(
    ("away", "came"),
    [
        (2 * HOUR, ["2026-11-23T09:00"]),
        (DAY - MINUTE, ["2026-11-23T09:00"]),
        (DAY, []),
        (3 * DAY, []),
    ],
)
def test_what_was_missed_is_made_up_for_within_a_day(
    town: Town, away: timedelta, came: list[str]
) -> None:
    town.run(MONDAY - MINUTE)
    town.run(MONDAY + away)
    assert [local for local, _ in town.came] == [local for local in came for _ in NAMES]


def test_a_new_bot_makes_up_for_nothing(town: Town) -> None:
    town.since = MONDAY + HOUR
    town.run(MONDAY + 2 * HOUR)
    assert town.came == []
    town.run(MONDAY + 7 * DAY)
    assert len(town.came) == len(NAMES)


def test_of_several_that_were_missed_the_last_one_comes(town: Town) -> None:
    town.entries = [entry("daily 09:00")]
    town.run(MONDAY)
    town.came.clear()
    town.run(MONDAY + 3 * DAY + 2 * HOUR)
    assert {local for local, _ in town.came} == {"2026-11-26T09:00"}


def test_a_shorter_day_brings_no_two_at_once(town: Town) -> None:
    """Two are less than a day old, as the clocks go forward."""
    town.entries = [entry("daily 09:00", BERLIN)]
    town.run(datetime(2026, 3, 29, 7, 30, tzinfo=UTC))
    assert {local for local, _ in town.came} == {"2026-03-29T09:00"}


# what is edited


def test_edits_post_nothing_again(town: Town) -> None:
    town.run(MONDAY)
    town.entries = [
        replace(entry("mon,tue 09:00", NEW_YORK, "team/*"), min_saving=7.0),
        entry("mon 09:00", "UTC", "*", "more"),
    ]
    town.run(*(MONDAY + n * HOUR for n in range(10)))
    assert Counter(town.came) == Counter(("2026-11-23T09:00", name) for name in NAMES)


def test_new_repositories_join_by_themselves(town: Town) -> None:
    town.run(MONDAY)
    town.here.names = ["team/new"]
    town.run(MONDAY + 7 * DAY)
    assert ("2026-11-30T09:00", "team/new") in town.came
    assert ("2026-11-30T09:00", "team/api") not in town.came
    known = [each.repository.name for each in town.store.repositories()]
    assert known == ["lab/api", "team/new"]


def test_the_first_entry_that_matches_reports(town: Town) -> None:
    quiet = replace(entry("mon 09:00", "UTC", "lab/*"), is_posted=False)
    town.entries = [quiet, entry("mon 08:00", "UTC", "*web"), entry()]
    town.run(MONDAY)
    assert sorted(town.came) == [
        ("2026-11-23T08:00", "team/web"),
        ("2026-11-23T09:00", "team/api"),
    ]


# tags


def test_a_tag_leaves_a_repository_out(town: Town) -> None:
    town.here.tagged = {"team/web": {IGNORE_TAG: ""}, "team/api": {"team": "api"}}
    town.run(MONDAY)
    assert [name for _, name in town.came] == ["team/api", "lab/api"]


def test_tags_that_cannot_be_read_hide_nothing(town: Town) -> None:
    town.here.fails = {"resource_tags"}
    town.run(MONDAY)
    assert sorted(name for _, name in town.came) == sorted(NAMES)
    assert "AWS refused resource_tags; the report of team/api is made anyway" in town.warnings


# registries


@pytest.mark.parametrize("call", ["id", "repositories"])
def test_a_registry_that_cannot_be_listed(town: Town, call: str) -> None:
    town.here.fails = {call}
    town.run(MONDAY, MONDAY + MINUTE)
    assert [name for _, name in town.came] == ["lab/api"]
    assert town.told == []
    assert "retrying in a minute" in town.warnings[0]
    town.run(MONDAY + LISTING_TIMEOUT)
    assert town.told == [("lab/api", "own")]
    town.here.fails = set()
    town.run(MONDAY + HOUR)
    assert sorted(name for _, name in town.came) == sorted(NAMES)
    assert town.told[1:] == [("team/api", "team/web")]


def test_registries_are_listed_once_an_occurrence(town: Town) -> None:
    town.run(*(MONDAY + n * MINUTE for n in range(-30, 90)))
    town.run(*(MONDAY + n * MINUTE for n in range(90, 100)))
    assert (town.here.listed, town.there.listed) == (1, 1)


def test_two_entries_that_are_due_at_once_share_a_list(town: Town) -> None:
    town.entries = [entry("mon 09:00", "UTC", "team/*"), entry()]
    town.run(MONDAY)
    assert (town.here.listed, town.there.listed) == (1, 1)
    assert sorted(name for _, name in town.came) == sorted(NAMES)


def test_somebody_was_faster(town: Town) -> None:
    """Between the question what is open and the claim."""
    mine, theirs = town.open(), town.open()
    original = town.here.repositories

    def meanwhile() -> Iterator[RepositoryId]:
        town.here.repositories = original  # type: ignore[method-assign]
        theirs(MONDAY)
        return original()

    town.here.repositories = meanwhile  # type: ignore[method-assign]
    mine(MONDAY)
    town.work(MONDAY)
    assert sorted(name for _, name in town.came) == sorted(NAMES)


# what is told in one line


def test_the_rest_is_told_once_all_are_through(town: Town) -> None:
    town.run(MONDAY, MONDAY + MINUTE)
    assert town.told == [("team/api", "team/web", "lab/api")]
