"""`ecr-clean confirm-usage`: yes, it is right that this source lists so little."""

import sys

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_memory
from bot.cli.status import ExitStatus
from bot.cli.terminal import note, say
from bot.ports import Doubted
from bot.render.decisions import figures_words
from bot.settings import load_settings
from bot.usecases.decisions import confirm_usage_without_store, figures, find_doubted
from bot.wiring import Memory, command_line_person, open_decisions


@click.command("confirm-usage")
@click.argument("source")
@click.argument("scope")
@click.option(
    "--workloads",
    type=click.IntRange(min=0),
    metavar="N",
    help="The number that you confirm.  [default: shown, and asked for]",
)
@common_options
@click.pass_obj
def confirm_usage(options: Options, source: str, scope: str, workloads: int | None) -> int:
    """Confirm the number of workloads of a source that lists far fewer than before.

    SOURCE and SCOPE are what the plan names: ecs '123456789012 in eu-west-1'.
    """
    with opened_memory() as memory:
        if workloads is None:
            workloads = _confirmed_number(find_doubted(memory.scans.usage, source, scope))
        if workloads is None:
            return ExitStatus.REFUSED
        confirmed = _confirm(options, memory, source, scope, workloads)
    say(f"Confirmed: {figures_words(figures(confirmed))}.")
    return ExitStatus.DONE


def _confirmed_number(doubted: Doubted) -> int | None:
    """None if it was not confirmed, or there is nobody to ask."""
    number = doubted.listed.workloads
    if not sys.stdin.isatty():
        note(f"{figures_words(figures(doubted))}: add --workloads {number}, if that is right")
        return None
    note(figures_words(figures(doubted)))
    return number if click.confirm("Is that right?", err=True) else None


def _confirm(options: Options, memory: Memory, source: str, scope: str, workloads: int) -> Doubted:
    if memory.store is None:
        return confirm_usage_without_store(memory.scans.usage, source, scope, workloads)
    settings = load_settings(options.config)
    decisions = open_decisions(settings, memory.store)
    person = command_line_person(settings)
    return decisions.confirm_usage(memory.scans.usage, source, scope, workloads, person)
