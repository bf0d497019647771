"""`ecr-clean confirm-usage`: yes, it is right that this source lists so little."""

import click

from bot.cli.options import common_options
from bot.core.words import moment
from bot.usecases.confirm_usage import confirm_usage as confirm
from bot.wiring import open_manifest_cache


@click.command("confirm-usage")
@click.argument("source")
@click.argument("scope")
@common_options
def confirm_usage(source: str, scope: str) -> None:
    """Say that it is right that a source of usage lists far fewer workloads than before.

    SOURCE and SCOPE are what the plan names: ecs '123456789012 in eu-west-1'.
    """
    with open_manifest_cache() as memory:
        listed = confirm(memory, source, scope)
    click.echo(
        f"Confirmed: the workloads that {source} lists in {scope} are {listed.workloads:,}, as "
        f"seen at {moment(listed.at)}."
    )
