"""`ecr-clean health`, which checks `ecr-clean serve`. Imports little, since probes run it often."""

import click

from bot.cli.options import common_options
from bot.cli.terminal import print_line
from bot.core.errors import ServiceError
from bot.process import MAX_HEARTBEAT_AGE_SECONDS, processes_without_heartbeat


@click.command()
@common_options
def health() -> None:
    """Check that `ecr-clean serve` is alive on this machine.

    Exits with status 0 if serve is connected to Slack, when it has tokens, and its worker reads
    the database.
    """
    if names := list(processes_without_heartbeat()):
        raise ServiceError(
            f"No heartbeat in the last {MAX_HEARTBEAT_AGE_SECONDS:.0f} seconds from "
            f"{' and '.join(names)}: check the log of ecr-clean serve, and restart it"
        )
    print_line("ecr-clean serve and its worker are alive.")
