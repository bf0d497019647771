"""`ecr-clean plan`: plans and prints; deletes nothing."""

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import click

from bot.cli.options import Options, common_options, format_option
from bot.cli.progress import shown_progress
from bot.cli.status import Outcome
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import Plan
from bot.ports import Registry
from bot.settings import load_settings
from bot.usecases.find_repositories import Found, find_repositories
from bot.wiring import (
    open_manifest_cache,
    open_planner,
    open_registries,
    open_sources,
    system_clock,
)


class Printer(Protocol):
    def __call__(self, plans: Iterable[Plan]) -> None:
        """Prints each plan as it comes."""


@click.command()
@click.argument("repositories", nargs=-1, required=True, metavar="REPOSITORY…")
@format_option("manifest")
@common_options
@click.pass_obj
def plan(options: Options, repositories: Sequence[str], format_: str) -> int:
    """Tell what is in repositories, what may go, and what that truly saves.

    REPOSITORY is a name (team/api), a glob ('team/*') or a URI
    (123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api). Nothing is deleted.
    """
    _expect_many_lasting_objects()
    outcome = Outcome(options.debug)
    PRINTERS[format_](_plans(options, repositories, outcome))
    return outcome.status


def _expect_many_lasting_objects() -> None:
    """A large plan is a million small objects that refer to each other in no circle: looking for
    circles among them again and again took half of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _plans(options: Options, arguments: Sequence[str], outcome: Outcome) -> Iterator[Plan]:
    settings = load_settings(options.config)
    registries = open_registries(settings)
    with open_manifest_cache() as cache:
        found = _find(arguments, registries, outcome)
        if not found:
            return
        asked = frozenset(each.repository.registry for each in found)
        usage = open_sources(settings, registries, asked)
        with shown_progress() as progress:
            snapshot = usage.scan(settings, cache, system_clock, progress).take()
        for each in found:
            try:
                with shown_progress() as progress:
                    planner = open_planner(settings, usage, snapshot, cache, progress)
                    plan = planner.plan(each)
            except (RequestError, ServiceError) as error:
                outcome.failed(error)
                continue
            yield plan
            if not plan.complete:
                outcome.incomplete(plan.repository.name, plan.problems)


def _find(
    arguments: Sequence[str], registries: Sequence[Registry], outcome: Outcome
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


def _print_tables(plans: Iterable[Plan]) -> None:
    from rich.console import Console  # noqa: PLC0415 - scripts need not wait for it

    from bot.render.plan_table import not_checked, plan_as_table  # noqa: PLC0415

    console = Console()
    switched_off: tuple[str, ...] = ()
    for plan in plans:
        console.print(plan_as_table(plan, system_clock()))
        switched_off = plan.usage.not_checked
    if switched_off:
        console.print(not_checked(switched_off))


def _print_json(plans: Iterable[Plan]) -> None:
    from bot.render.plan_json import plan_as_json  # noqa: PLC0415

    for plan in plans:
        sys.stdout.buffer.writelines(plan_as_json(plan))
        sys.stdout.buffer.flush()


def _print_csv(plans: Iterable[Plan]) -> None:
    from bot.render.plan_csv import write_header, write_plan  # noqa: PLC0415

    write_header(sys.stdout)
    for plan in plans:
        write_plan(plan, sys.stdout)


PRINTERS: dict[str, Printer] = {"table": _print_tables, "json": _print_json, "csv": _print_csv}
