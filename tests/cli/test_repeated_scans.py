"""A command that takes long scans usage again rather than plan its last repositories by an old
scan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.cost_reports import CostReports
from bot.cli.exit_status import ExitStatus, ExitStatusCollector
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions
from bot.cli.plan_comparison import SettingsFileComparison
from bot.cli.planning import MultiRepositoryPlanner, make_plan
from bot.core.plan import Plan
from bot.core.usage import MAX_SCAN_AGE
from bot.playground.aws import AwsStandIn, Fault
from bot.ports import Clock
from bot.process import system_clock
from bot.settings.load import load_settings
from tests.cli.stored_plans import Write
from tests.support import Shelf, others_off

SCAN, LIST = "ecs:ListClusters", "ecr:DescribeImages"
ECS_ONLY = f"usage: {{{others_off('ecs')}}}\n"
REPOSITORIES = 6


@dataclass
class SlowRegistry:
    """Listing a repository takes `each`, by this clock."""

    aws: AwsStandIn
    each: timedelta

    def clock(self) -> Clock:
        start = system_clock()
        return lambda: start + self.each * self.aws.world.calls.count(LIST)

    @property
    def scans(self) -> int:
        return self.aws.world.calls.count(SCAN)


Slow = Callable[[timedelta], SlowRegistry]


@pytest.fixture
def slow(aws: AwsStandIn, shelf: Shelf, settings_file: Write) -> Slow:
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    shelf.images(2)
    for number in range(1, REPOSITORIES):
        Shelf(aws, f"team/more{number}").image("1")
    settings_file(ECS_ONLY)
    return lambda each: SlowRegistry(aws, each)


def plans(clock: Clock, outcome: ExitStatusCollector | None = None) -> Iterator[Plan]:
    with opened_memory() as memory:
        planner = MultiRepositoryPlanner(
            load_settings(None),
            memory,
            outcome or ExitStatusCollector(debug=False),
            make_plan,
            clock=clock,
        )
        yield from planner.plan_all(["team/*"])


@pytest.mark.parametrize(
    ("each", "scans"),
    [
        (timedelta(0), 1),
        (MAX_SCAN_AGE / (REPOSITORIES - 1), 1),
        (MAX_SCAN_AGE * 0.4, 2),
        (MAX_SCAN_AGE * 0.6, 3),
        (MAX_SCAN_AGE * 1.1, REPOSITORIES),
    ],
)
def test_an_old_scan_is_made_again(slow: Slow, each: timedelta, scans: int) -> None:
    registry = slow(each)
    made = list(plans(registry.clock()))
    assert len(made) == REPOSITORIES
    assert registry.scans == scans
    assert len({plan.usage.scanned_at for plan in made}) == scans


def test_a_later_plan_sees_what_started_meanwhile(slow: Slow, shelf: Shelf) -> None:
    registry = slow(MAX_SCAN_AGE * 1.1)
    made: list[Plan] = []
    for plan in plans(registry.clock()):
        made.append(plan)
        last = f"{shelf.id.uri.removesuffix(shelf.id.name)}team/more{REPOSITORIES - 1}:1"
        registry.aws.world.ecs().create_service("prod", f"late{len(made)}", [last])
    (image,) = made[-1].judged
    assert image.used_by


def test_an_incomplete_rescan_makes_only_later_plans_incomplete(slow: Slow) -> None:
    registry = slow(MAX_SCAN_AGE * 0.4)
    made: list[Plan] = []
    for plan in plans(registry.clock()):
        made.append(plan)
        if len(made) == 1:
            registry.aws.world.faults.add(
                Fault(operation="ListClusters", error="AccessDeniedException", times=None)
            )
    assert [plan.complete for plan in made] == [True] * 3 + [False] * 3
    first, failed = made[0].usage.scans[0], made[-1].usage.scans[0]
    assert (first.last_whole_at, failed.last_whole_at) == (first.at, first.at)
    assert failed.at
    assert first.at
    assert failed.at > first.at


def test_a_scan_that_takes_long_is_shared(slow: Slow) -> None:
    """Its age starts when it ends."""
    registry = slow(timedelta(0))
    start = system_clock()
    calls = registry.aws.world.calls
    made = list(plans(lambda: start + 3 * MAX_SCAN_AGE * calls.count(SCAN)))
    assert (len(made), registry.scans) == (REPOSITORIES, 1)


def test_cost_scans_again(slow: Slow, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    registry = slow(MAX_SCAN_AGE * 0.6)
    report = CostReports(CommonOptions(), (), (), "json", registry.clock())
    assert report.print() == ExitStatus.DONE
    assert registry.scans == 3
    assert len(capsysbinary.readouterr().out.splitlines()) == REPOSITORIES


@pytest.mark.parametrize(("usage", "scans"), [("", 3), ("expect_none: true, ", 6)])
def test_a_comparison_scans_again(
    slow: Slow,
    environment: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    usage: str,
    scans: int,
) -> None:
    """Under both settings, if their scans differ."""
    registry, file = slow(MAX_SCAN_AGE * 0.6), environment / "new.yml"
    file.write_text(ECS_ONLY.replace("usage: {", f"usage: {{{usage}"))
    comparison = SettingsFileComparison(CommonOptions(), ["team/*"], file, registry.clock())
    assert comparison.print("json") == ExitStatus.DONE
    assert registry.scans == scans
    assert len(capsysbinary.readouterr().out.splitlines()) == REPOSITORIES
