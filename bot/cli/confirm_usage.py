"""`ecr-clean confirm-usage`: yes, it is right that this source lists so little."""

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_memory
from bot.cli.terminal import say
from bot.core.words import moment
from bot.settings import load_settings
from bot.usecases.confirm_usage import Witness
from bot.usecases.confirm_usage import confirm_usage as confirm
from bot.wiring import Memory, command_line_person, system_clock


@click.command("confirm-usage")
@click.argument("source")
@click.argument("scope")
@common_options
@click.pass_obj
def confirm_usage(options: Options, source: str, scope: str) -> None:
    """Say that it is right that a source of usage lists far fewer workloads than before.

    SOURCE and SCOPE are what the plan names: ecs '123456789012 in eu-west-1'.
    """
    with opened_memory() as memory:
        listed = confirm(memory.usage, source, scope, _witness(options, memory))
    say(
        f"Confirmed: the workloads that {source} lists in {scope} are {listed.workloads:,}, as "
        f"seen at {moment(listed.at)}."
    )


def _witness(options: Options, memory: Memory) -> Witness | None:
    if memory.store is None:
        return None
    settings = load_settings(options.config)
    person, rules = command_line_person(settings), settings.general_rules(workspace=None)
    return Witness(memory.store, person, rules, system_clock())
