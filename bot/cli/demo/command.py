"""What `ecr-clean demo` is told, and how it ends."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NoReturn

import click

from bot.cli.demo.own_account import show_own_account
from bot.cli.demo.presentation import play_walkthrough, show_company
from bot.cli.exit_status import ExitStatus
from bot.cli.options import CommonOptions, common_options
from bot.core.errors import RequestError

_NEEDED = ("cbor2", "jinja2", "starlette", "trustme", "uvicorn", "websockets")
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the workspace's page is; any if not given."
)
@click.option(
    "--walkthrough", is_flag=True, help="Play the whole story by itself, check it, and end."
)
@click.option(
    "--aws",
    "own_account",
    is_flag=True,
    help="On your own account instead; nothing can be deleted.",
)
@common_options
@click.pass_obj
def demo(options: CommonOptions, port: int | None, *, walkthrough: bool, own_account: bool) -> int:
    """Show the bot at work in a Slack workspace of its own, in the browser.

    Without an AWS account and without Slack: a made-up company with a dozen repositories, two
    accounts and a cluster runs on this machine, and nothing leaves it. The bot posts this week's
    reports; act as anybody in the workspace, and pin, approve, stop. Ctrl-C ends it and leaves
    nothing behind.

    With --aws the same on the account behind the usual AWS credentials: nothing but calls that read
    leaves the machine, to AWS and to its EKS clusters, and no client of the demo can delete.
    --config names a settings file of that account. Reading manifests counts as pulling them: what
    that means is told before it begins.

    Without a terminal and without --port it ends by itself once the reports are posted.
    """
    if own_account and walkthrough:
        raise RequestError(
            "The walkthrough deletes, so it plays in the made-up company: drop --aws"
        )
    _expect_installed()
    stay = port is not None or sys.stdout.isatty()
    with _exit_on_signals():
        if walkthrough:
            return play_walkthrough(port or 0)
        if own_account:
            show_own_account(options.config, port or 0, stay=stay)
        else:
            show_company(port or 0, stay=stay)
        return ExitStatus.DONE


def _expect_installed() -> None:
    if missing := [name for name in _NEEDED if not find_spec(name)]:
        raise RequestError(
            f"The demo needs {' and '.join(missing)}: install ecr-clean[demo], or run make setup"
        )


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    """As by Ctrl-C: what was started is ended. Also if the terminal is closed, unless whoever
    started this wants it to outlive that (nohup)."""

    def leave(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
