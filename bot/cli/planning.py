"""Planning of the repositories that a command names: one scan of usage for all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.aws.ecr import EcrRegistry
from bot.cli.progress import shown_progress
from bot.cli.status import StatusCollector
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import Plan
from bot.memory import expect_many_lasting_objects
from bot.ports import Clock, Progress, Registry, ScanMemory
from bot.settings import Settings
from bot.usecases.check_authority import Authority
from bot.usecases.planning import Planner
from bot.usecases.repositories import Found, find_repositories, find_repository
from bot.wiring import (
    Memory,
    Seen,
    UsageSources,
    open_authority,
    open_planner,
    open_registries,
    open_sources,
    system_clock,
)

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Planning(Generic[Made]):
    """`make` is what becomes of every repository, `look` how usage is looked for."""

    settings: Settings
    memory: Memory
    outcome: StatusCollector
    make: Callable[[Planner, Found], Made]
    look: Callable[[UsageSources, Settings, Authority, ScanMemory, Clock, Progress], Seen] = (
        UsageSources.look
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
            seen = self.look(sources, self.settings, authority, scans, system_clock, progress)
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
