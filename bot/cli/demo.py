"""`ecr-clean demo`: the bot's whole job without an AWS account."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from bot.cli.options import Options, common_options
from bot.cli.plan import plan
from bot.wiring import system_clock

SETTINGS = "{}"


@click.command()
@common_options
@click.pass_context
def demo(ctx: click.Context) -> int:
    """Plan the repositories of a made-up company, on an AWS that runs on this machine alone."""
    from bot.playground.aws import StandIn  # noqa: PLC0415 - no other command needs it
    from bot.playground.seed import seed_company  # noqa: PLC0415

    with StandIn() as aws, tempfile.TemporaryDirectory() as folder:
        seed_company(aws.url, system_clock())
        options = ctx.ensure_object(Options)
        options.config = Path(folder, "ecr-clean.yml")
        options.config.write_text(SETTINGS)
        folders = {"XDG_CACHE_HOME": folder, "XDG_STATE_HOME": folder}
        with _nothing_but({**aws.environment(), **folders}):
            status: int = ctx.invoke(plan, repositories=("*",), format_="table")
            return status


@contextmanager
def _nothing_but(environment: Mapping[str, str]) -> Iterator[None]:
    """Nothing of the AWS settings of this machine, so that no call can leave it, and nothing of
    what is remembered here."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("AWS_", "DATABASE_URL")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    os.environ |= {**files, **environment}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
