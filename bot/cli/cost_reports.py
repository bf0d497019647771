"""`ecr-clean cost` for repositories: what they cost, how they grew, and what they will cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.planning import open_registries
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.file_output import check_writable, replace_file
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions
from bot.cli.planning import MultiRepositoryPlanner, find_all
from bot.cli.terminal import OutputFormats
from bot.core.detailed_cost import DetailedCost
from bot.core.errors import RequestError, ServiceError
from bot.core.plan_problems import PlanProblem
from bot.core.repository_cost import without_copies_in
from bot.core.storage_breakdown import break_down
from bot.core.usage import RepositoryUsage
from bot.ports import Clock
from bot.process import system_clock
from bot.render.cost_details import costs_as_text
from bot.render.cost_json import cost_as_line
from bot.render.costs import COST_COLUMNS
from bot.render.plans import usage_notes
from bot.render.terminal import shown
from bot.settings.keep_option import parse_keep_options
from bot.settings.load import load_settings
from bot.settings.model import PolicySection
from bot.usecases.costs import CostReporter, TriedPolicy
from bot.usecases.planning import Planner
from bot.usecases.repositories import FoundRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from rich.console import RenderableType

    from bot.core.repository import RegistryId


@dataclass(frozen=True, slots=True)
class ReportedCost:
    """The costs of a repository, without its plan, which may be large. `usage`, `problems`: the
    plan's."""

    detailed: DetailedCost
    usage: RepositoryUsage
    problems: Sequence[PlanProblem]


@dataclass(frozen=True, slots=True)
class CostReports:
    """A call of the command. `arguments`: repositories; all if there are none. `keep`: the rules of
    a policy to try."""

    options: CommonOptions
    arguments: Sequence[str]
    keep: Sequence[str]
    format_: str
    clock: Clock = system_clock

    def print(self) -> int:
        """Returns the exit status."""
        outcome = ExitStatusCollector(self.options.debug)
        COSTS.print_all(self.format_, self._make(outcome))
        return outcome.status

    def print_and_draw(self, picture: Path) -> int:
        """Also writes a PNG file, if at least one repository could be scanned."""
        draw_costs = _load_drawing()
        check_writable(picture)
        outcome = ExitStatusCollector(self.options.debug)
        made: list[DetailedCost] = []
        COSTS.print_all(self.format_, _collected(self._make(outcome), made))
        if made:
            replace_file(picture, draw_costs(made))
        return outcome.status

    def _make(self, outcome: ExitStatusCollector) -> Iterator[ReportedCost]:
        """Errors are printed and counted in `outcome`."""
        tried = TriedPolicy(self.keep, parse_keep_options(self.keep)) if self.keep else None
        settings = load_settings(self.options.config)
        registries = open_registries(settings)
        found = _find(self.arguments, registries, outcome)
        own = {(each.repository.registry, each.repository.name) for each in found}
        with opened_memory() as memory:

            def make(planner: Planner, each: FoundRepository) -> ReportedCost:
                policy = PolicySection().entry().policy
                return _report(CostReporter(planner, memory.store, tried, policy), each, own)

            planning = MultiRepositoryPlanner(settings, memory, outcome, make, clock=self.clock)
            for reported in planning.plan_found(found, registries):
                yield reported
                if reported.problems:
                    name = reported.detailed.cost.repository.name
                    outcome.incomplete(name, reported.problems)


def _load_drawing() -> "Callable[[Sequence[DetailedCost]], bytes]":
    """Raises RequestError if matplotlib is missing."""
    try:
        from bot.render.cost_picture import draw_costs  # noqa: PLC0415 - needs the extra `png`
    except ImportError as error:
        raise RequestError("--png needs matplotlib: pip install 'ecr-clean[png]'") from error
    return draw_costs


def _collected(costs: Iterable[ReportedCost], made: list[DetailedCost]) -> Iterator[ReportedCost]:
    for each in costs:
        made.append(each.detailed)
        yield each


def _report(
    reporter: CostReporter, found: FoundRepository, own: "AbstractSet[tuple[RegistryId, str]]"
) -> ReportedCost:
    """`own`: all repositories that are reported."""
    report = reporter.report(found)
    cost = without_copies_in(report.cost, own)
    detailed = DetailedCost(cost, break_down(report.plan), report.tried)
    return ReportedCost(detailed, report.plan.usage, report.plan.problems)


def _find(
    arguments: Sequence[str], registries: Sequence[EcrRegistry], outcome: ExitStatusCollector
) -> list[FoundRepository]:
    """All repositories if there are no arguments."""
    if arguments:
        return find_all(arguments, registries, outcome)
    return [each for registry in registries for each in _all_in(registry, outcome)]


def _all_in(registry: EcrRegistry, outcome: ExitStatusCollector) -> Iterator[FoundRepository]:
    try:
        for repository in registry.repositories():
            yield FoundRepository(repository, registry)
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _texts(costs: Iterable[ReportedCost]) -> Iterator["RenderableType"]:
    every = list(costs)
    if every:
        yield costs_as_text([each.detailed for each in every], system_clock())
        yield from usage_notes(every[-1].usage)
    else:
        yield shown("No repositories.")


def _json(reported: ReportedCost) -> Iterator[bytes]:
    return cost_as_line(reported.detailed)


def _rows(reported: ReportedCost) -> Iterator[tuple[object, ...]]:
    return COST_COLUMNS.as_rows(reported.detailed)


COSTS = OutputFormats(_texts, _json, COST_COLUMNS.header, _rows)
