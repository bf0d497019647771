"""`ecr-clean plan` and `why`, which plan, print, and delete nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.planning import open_registries
from bot.bootstrap.sources import UsageSources
from bot.bootstrap.storage import Storage
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions, common_options, format_option, repositories_argument
from bot.cli.terminal import OutputFormats, progress_display
from bot.cli.usage_scans import OpenedSettings, RepeatedScans, ScannedSettings, UsageScan
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import Plan
from bot.core.repository import RegistryId
from bot.ports import Clock, Progress, Registry
from bot.process import system_clock, tune_garbage_collection
from bot.render.explanations import (
    EXPLANATION_HEADER,
    explained_as_json,
    explained_as_rows,
    explained_as_text,
)
from bot.render.plans import (
    CSV_HEADER,
    plan_as_json,
    plan_as_rows,
    plan_as_table,
    unchecked_note,
    usage_notes,
)
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.explanations import Explanation, explain, with_last_use
from bot.usecases.planning import Planner
from bot.usecases.repositories import FoundRepository, find_repositories, find_repository

if TYPE_CHECKING:
    from rich.console import RenderableType


Result = TypeVar("Result")


def for_each(
    found: Iterable[FoundRepository],
    outcome: ExitStatusCollector,
    make: Callable[[FoundRepository, Progress], Result],
) -> Iterator[Result]:
    """The result for each repository. An error of one is printed and counted in `outcome`, and the
    others go ahead."""
    for each in found:
        try:
            with progress_display() as progress:
                made = make(each, progress)
        except (RequestError, ServiceError) as error:
            outcome.failed(error)
        else:
            yield made


def registries_of(found: Iterable[FoundRepository]) -> frozenset[RegistryId]:
    return frozenset(each.repository.registry for each in found)


@dataclass(frozen=True, slots=True)
class MultiRepositoryPlanner(Generic[Result]):
    """Plans several repositories with the same usage scan, as long as it is recent. An error of one
    repository is printed, and the others go ahead.

    `make` makes the result for a repository. `scan` scans usage.
    """

    settings: Settings
    memory: Storage
    outcome: ExitStatusCollector
    make: Callable[[Planner, FoundRepository], Result]
    scan: UsageScan = UsageSources.scan
    clock: Clock = system_clock

    def plan_all(self, arguments: Sequence[str]) -> Iterator[Result]:
        """Plans every repository. Errors are printed and counted in `outcome`."""
        registries = open_registries(self.settings)
        return self.plan_found(find_all(arguments, registries, self.outcome), registries)

    def plan_one(self, argument: str) -> Iterator[Result]:
        """Raises RequestError if `argument` does not name exactly one repository."""
        registries = open_registries(self.settings)
        return self.plan_found([find_repository(argument, registries)], registries)

    def plan_found(
        self, found: Sequence[FoundRepository], registries: Sequence[EcrRegistry]
    ) -> Iterator[Result]:
        """As `plan_all`, for repositories that were already looked up."""
        if not found:
            return
        tune_garbage_collection()
        opened = OpenedSettings(self.settings, registries, registries_of(found))

        def scan(progress: Progress) -> tuple[ScannedSettings]:
            return (opened.scan_usage(self.memory.scans, self.clock, progress, self.scan),)

        scans = RepeatedScans(scan, self.clock)
        with progress_display() as progress:
            scans.recent(progress)

        def make(each: FoundRepository, progress: Progress) -> Result:
            (scanned,) = scans.recent(progress)
            return self.make(scanned.planner(self.memory, progress), each)

        yield from for_each(found, self.outcome, make)


def find_all(
    arguments: Sequence[str], registries: Sequence[Registry], outcome: ExitStatusCollector
) -> list[FoundRepository]:
    """The repositories in the order of the arguments, each once."""
    by_uri: dict[str, FoundRepository] = {}
    for argument in arguments:
        try:
            for found in find_repositories(argument, registries):
                by_uri.setdefault(found.repository.uri, found)
        except (RequestError, ServiceError) as error:
            outcome.failed(error)
    return list(by_uri.values())


def make_plan(planner: Planner, found: FoundRepository) -> Plan:
    return planner.plan(found).plan


def note_if_incomplete(plan: Plan, outcome: ExitStatusCollector) -> None:
    if not plan.complete:
        outcome.incomplete(plan.repository.name, plan.problems)


@click.command()
@repositories_argument(required=True)
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show only what another settings file would change: the images that it also deletes, and "
    "those that it keeps.",
)
@format_option("manifest")
@common_options
@click.pass_obj
def plan(
    options: CommonOptions, repositories: Sequence[str], compare: Path | None, format_: str
) -> int:
    """Show what would be deleted, and the real saving.

    Read-only: deletes nothing, stores no plan. REPOSITORY is a name (team/api), a glob ('team/*')
    or a URI (123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api).
    """
    if compare:
        from bot.cli.plan_comparison import SettingsFileComparison  # noqa: PLC0415 - a plan needs it not

        return SettingsFileComparison(options, repositories, compare).print(format_)
    outcome = ExitStatusCollector(options.debug)
    PLANS.print_all(format_, _plans(options, repositories, outcome))
    return outcome.status


def _plans(
    options: CommonOptions, repositories: Sequence[str], outcome: ExitStatusCollector
) -> Iterator[Plan]:
    settings = load_settings(options.config)
    with opened_memory() as memory:
        for plan in MultiRepositoryPlanner(settings, memory, outcome, make_plan).plan_all(
            repositories
        ):
            yield plan
            note_if_incomplete(plan, outcome)


def _texts(plans: Iterable[Plan]) -> Iterator["RenderableType"]:
    last: Plan | None = None
    for last in plans:
        yield plan_as_table(last, system_clock())
    if last:
        yield from usage_notes(last.usage)
        yield from unchecked_note(last)


PLANS = OutputFormats(_texts, plan_as_json, CSV_HEADER, plan_as_rows)


@click.command()
@click.argument("repository")
@click.argument("manifest", metavar="TAG|DIGEST")
@format_option("manifest")
@common_options
@click.pass_obj
def why(options: CommonOptions, repository: str, manifest: str, format_: str) -> int:
    """Show why an image is kept or deleted.

    Also shows its users and its image group. Plans the repository again; deletes nothing, stores no
    plan. A digest may be shortened to its first characters.
    """
    outcome = ExitStatusCollector(options.debug)
    with opened_memory() as memory:
        found = _explanations(options, memory, outcome, repository, manifest)
        EXPLANATIONS.print_all(format_, found)
    return outcome.status


def _explanations(
    options: CommonOptions,
    memory: Storage,
    outcome: ExitStatusCollector,
    repository: str,
    manifest: str,
) -> Iterator[Explanation]:
    settings = load_settings(options.config)
    for plan in MultiRepositoryPlanner(settings, memory, outcome, make_plan).plan_one(repository):
        yield with_last_use(memory.store, explain(plan, manifest))
        note_if_incomplete(plan, outcome)


def _why_texts(explanations: Iterable[Explanation]) -> Iterator["RenderableType"]:
    for each in explanations:
        yield explained_as_text(each.repository, each.judged, each.family, each.last_use)


def _json(each: Explanation) -> Iterator[bytes]:
    return explained_as_json(each.judged, each.family, each.last_use)


def _rows(each: Explanation) -> Iterator[tuple[object, ...]]:
    return explained_as_rows(each.repository, each.judged, each.family)


EXPLANATIONS = OutputFormats(_why_texts, _json, EXPLANATION_HEADER, _rows)
