"""What `ecr-clean demo` is told, and how it ends."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NoReturn

import click

from bot.cli.demo.showing import show_company
from bot.cli.demo.telling import tell_story
from bot.cli.options import common_options
from bot.cli.status import ExitStatus
from bot.core.errors import RequestError

TERMINATED = 143
"""128 and the number of SIGTERM, as shells count."""


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the workspace's page is; any if not given."
)
@click.option(
    "--walkthrough", is_flag=True, help="Play the whole story by itself, check it, and end."
)
@common_options
def demo(port: int | None, *, walkthrough: bool) -> int:
    """Show the bot at work in a Slack workspace of its own, in the browser.

    Without an AWS account and without Slack: a made-up company with a dozen repositories, two
    accounts and a cluster runs on this machine, and nothing leaves it. The bot posts this week's
    reports; act as anybody in the workspace, and pin, approve, stop. Ctrl-C ends it and leaves
    nothing behind.

    Without a terminal and without --port it ends by itself once the reports are posted.
    """
    _expect_installed()
    with _ended_by_sigterm():
        if walkthrough:
            return tell_story(port or 0)
        show_company(port or 0, stay=port is not None or sys.stdout.isatty())
        return ExitStatus.DONE


def _expect_installed() -> None:
    if missing := [name for name in ("starlette", "trustme", "uvicorn") if not find_spec(name)]:
        raise RequestError(
            f"The demo needs {' and '.join(missing)}: install ecr-clean[demo], or run make setup"
        )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """As by Ctrl-C: what was started is ended."""

    def leave(*_: object) -> NoReturn:
        sys.exit(TERMINATED)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
