"""`ecr-clean plan`: plans and prints; deletes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.planning import Planning, make_plan, tell_if_incomplete
from bot.cli.printing import Forms
from bot.cli.remembering import opened_memory
from bot.cli.status import StatusCollector
from bot.core.plan import Plan
from bot.render.plans import (
    CSV_HEADER,
    plan_as_json,
    plan_as_rows,
    plan_as_table,
    unchecked_note,
    usage_notes,
)
from bot.settings import load_settings
from bot.wiring import system_clock

if TYPE_CHECKING:
    from rich.console import RenderableType


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
