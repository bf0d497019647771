"""The command `ecr-clean demo`."""

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
    "--port", type=click.IntRange(1, 65535), help="Port of the workspace.  [default: a free one]"
)
@click.option(
    "--walkthrough", is_flag=True, help="Play the whole story, check every step, and exit."
)
@click.option(
    "--aws",
    "own_account",
    is_flag=True,
    help="Plan on your own AWS account; cannot delete.",
)
@common_options
@click.pass_obj
def demo(options: CommonOptions, port: int | None, *, walkthrough: bool, own_account: bool) -> int:
    """Run the bot in a simulated Slack workspace in the browser.

    Needs no AWS account and no Slack. A simulated company with a dozen repositories, two accounts
    and a cluster runs on this machine, and no data leaves it. The bot posts this week's reports;
    act as any member of the workspace to pin, approve and stop. Ctrl-C ends the demo and removes
    its files.

    With --aws, the bot plans on the account of your AWS credentials. It only makes calls that
    read, to AWS and to its EKS clusters, and cannot delete. --config is the settings file of that
    account. Reads of manifests count as pulls in ECR; the demo explains this before it starts.

    Without a terminal and without --port, the demo exits after it has posted the reports.
    """
    if own_account and walkthrough:
        raise RequestError(
            "The walkthrough deletes images, so it runs only in the simulated company: omit --aws"
        )
    _expect_installed()
    interactive = port is not None or sys.stdout.isatty()
    with _exit_on_signals():
        if walkthrough:
            return play_walkthrough(port or 0)
        if own_account:
            show_own_account(options.config, port or 0, interactive=interactive)
        else:
            show_company(port or 0, interactive=interactive)
        return ExitStatus.DONE


def _expect_installed() -> None:
    if missing := [name for name in _NEEDED if not find_spec(name)]:
        raise RequestError(f"The demo needs {' and '.join(missing)}: from a clone, run make setup")


@contextmanager
def _exit_on_signals() -> Iterator[None]:
    """Exits on SIGTERM and SIGHUP, so that child processes are stopped. A signal that was ignored
    before remains ignored, as with nohup."""

    def exit_on_signal(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, exit_on_signal)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])
