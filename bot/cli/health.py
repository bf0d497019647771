"""`ecr-clean health`: for whoever watches over a container."""

import click

from bot.cli.options import common_options
from bot.cli.terminal import say
from bot.core.errors import ServiceError
from bot.heartbeat import MOST_SECONDS_OF_SILENCE, silent


@click.command(hidden=True)
@common_options
def health() -> None:
    """Say whether the serve that runs beside this is well: whether it is heard in Slack, if it is
    to be, and whether its worker reads the database."""
    if names := list(silent()):
        raise ServiceError(
            f"No sign of life in the last {MOST_SECONDS_OF_SILENCE:.0f} seconds from "
            f"{' and '.join(names)}: see what serve says, and start it again if it says nothing"
        )
    say("serve and its worker are well.")
