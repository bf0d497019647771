"""`ecr-clean plan` and `why`: plans and prints; deletes nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from bot.aws.ecr import EcrRegistry
from bot.bootstrap.memory import Memory
from bot.bootstrap.people import open_authority
from bot.bootstrap.planning import open_planner, open_registries, system_clock
from bot.bootstrap.sources import Seen, UsageSources, open_sources
from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.remembering import opened_memory
from bot.cli.status import StatusCollector
from bot.cli.terminal import Forms, shown_progress
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import Plan
from bot.ports import Clock, Progress, Registry, ScanMemory
from bot.process import expect_many_lasting_objects
from bot.render.plans import (
    CSV_HEADER,
    EXPLANATION_HEADER,
    explained_as_json,
    explained_as_rows,
    explained_as_text,
    plan_as_json,
    plan_as_rows,
    plan_as_table,
    unchecked_note,
    usage_notes,
)
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.check_authority import Authority
from bot.usecases.explanations import Explanation, explain
from bot.usecases.planning import Planner
from bot.usecases.repositories import Found, find_repositories, find_repository

if TYPE_CHECKING:
    from rich.console import RenderableType


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Planning(Generic[Made]):
    """`make` is what becomes of every repository, `scan` how usage is looked for."""

    settings: Settings
    memory: Memory
    outcome: StatusCollector
    make: Callable[[Planner, Found], Made]
    scan: Callable[[UsageSources, Settings, Authority, ScanMemory, Clock, Progress], Seen] = (
        UsageSources.scan
    )

    def of_all(self, arguments: Sequence[str]) -> Iterator[Made]:
        """All are tried; what fails is told, and goes into the outcome."""
        registries = open_registries(self.settings)
        return self.of(find_all(arguments, registries, self.outcome), registries)

    def of_one(self, argument: str) -> Iterator[Made]:
        """Raises RequestError if it is not exactly one."""
        registries = open_registries(self.settings)
        return self.of([find_repository(argument, registries)], registries)

    def of(self, found: Sequence[Found], registries: Sequence[EcrRegistry]) -> Iterator[Made]:
        """As `of_all`."""
        if not found:
            return
        expect_many_lasting_objects()
        authority = open_authority(self.settings)
        asked = frozenset(each.repository.registry for each in found)
        sources = open_sources(self.settings, registries, asked)
        with shown_progress() as progress:
            scans = self.memory.scans
            seen = self.scan(sources, self.settings, authority, scans, system_clock, progress)
        for each in found:
            try:
                with shown_progress() as progress:
                    planner = open_planner(self.settings, authority, seen, self.memory, progress)
                    made = self.make(planner, each)
            except (RequestError, ServiceError) as error:
                self.outcome.failed(error)
            else:
                yield made


def find_all(
    arguments: Sequence[str], registries: Sequence[Registry], outcome: StatusCollector
) -> list[Found]:
    """In the order in which they were asked for, each once."""
    by_uri: dict[str, Found] = {}
    for argument in arguments:
        try:
            for found in find_repositories(argument, registries):
                by_uri.setdefault(found.repository.uri, found)
        except (RequestError, ServiceError) as error:
            outcome.failed(error)
    return list(by_uri.values())


def make_plan(planner: Planner, found: Found) -> Plan:
    return planner.plan(found).plan


def tell_if_incomplete(plan: Plan, outcome: StatusCollector) -> None:
    if not plan.complete:
        outcome.incomplete(plan.repository.name, plan.problems)


@click.command()
@repositories_argument(required=True)
@format_option("manifest")
@common_options
@click.pass_obj
def plan(options: Options, repositories: Sequence[str], format_: str) -> int:
    """Tell what is in repositories, what may go, and what that truly saves.

    REPOSITORY is a name (team/api), a glob ('team/*') or a URI
    (123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api). Nothing is deleted.
    """
    outcome = StatusCollector(options.debug)
    PLANS.print_all(format_, _plans(options, repositories, outcome))
    return outcome.status


def _plans(
    options: Options, repositories: Sequence[str], outcome: StatusCollector
) -> Iterator[Plan]:
    settings = load_settings(options.config)
    with opened_memory() as memory:
        for plan in Planning(settings, memory, outcome, make_plan).of_all(repositories):
            yield plan
            tell_if_incomplete(plan, outcome)


def _texts(plans: Iterable[Plan]) -> Iterator["RenderableType"]:
    last: Plan | None = None
    for last in plans:
        yield plan_as_table(last, system_clock())
    if last:
        yield from usage_notes(last)
        yield from unchecked_note(last)


PLANS = Forms(_texts, plan_as_json, CSV_HEADER, plan_as_rows)


@click.command()
@click.argument("repository")
@click.argument("manifest", metavar="TAG|DIGEST")
@format_option("manifest")
@common_options
@click.pass_obj
def why(options: Options, repository: str, manifest: str, format_: str) -> int:
    """Tell why one manifest stays or may go, who uses it, and what hangs on it.

    The beginning of a digest will do. The repository is planned afresh; nothing is stored.
    """
    outcome = StatusCollector(options.debug)
    with opened_memory() as memory:
        found = _explanations(options, memory, outcome, repository, manifest)
        EXPLANATIONS.print_all(format_, found)
    return outcome.status


def _explanations(
    options: Options, memory: Memory, outcome: StatusCollector, repository: str, manifest: str
) -> Iterator[Explanation]:
    settings = load_settings(options.config)
    for plan in Planning(settings, memory, outcome, make_plan).of_one(repository):
        yield explain(plan, manifest)
        tell_if_incomplete(plan, outcome)


def _why_texts(explanations: Iterable[Explanation]) -> Iterator["RenderableType"]:
    for each in explanations:
        yield explained_as_text(each.repository, each.judged, each.family)


def _json(each: Explanation) -> Iterator[bytes]:
    return explained_as_json(each.judged, each.family)


def _rows(each: Explanation) -> Iterator[tuple[object, ...]]:
    return explained_as_rows(each.repository, each.judged, each.family)


EXPLANATIONS = Forms(_why_texts, _json, EXPLANATION_HEADER, _rows)
