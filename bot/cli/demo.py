"""`ecr-clean demo`: the bot's whole job without an AWS account."""

import os
import tempfile

import click

from bot.cli.options import common_options
from bot.cli.plan import plan
from bot.wiring import system_clock


@click.command()
@common_options
@click.pass_context
def demo(ctx: click.Context) -> int:
    """Plan the repositories of a made-up company, on an AWS that runs on this machine alone."""
    from bot.playground.aws import StandIn  # noqa: PLC0415 - no other command needs it
    from bot.playground.seed import seed_company  # noqa: PLC0415

    with StandIn() as aws, tempfile.TemporaryDirectory() as folder:
        seed_company(aws.url, system_clock())
        os.environ |= {**aws.environment(), "XDG_CACHE_HOME": folder}
        status: int = ctx.invoke(plan, repositories=("*",), format_="table")
        return status
