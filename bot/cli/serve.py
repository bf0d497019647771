"""`ecr-clean serve`: the bot itself."""

import logging
import multiprocessing
import signal
import time
from multiprocessing.context import SpawnProcess

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_store
from bot.cli.status import ExitStatus
from bot.settings import load_settings
from bot.wiring import Leaving

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_STARTS = 5.0

_log = logging.getLogger(__name__)


@click.command()
@common_options
@click.pass_obj
def serve(options: Options) -> int:
    """Carry out approved plans, recover what was left, and end what has run out, until stopped.

    SIGTERM and Ctrl-C end it after the batches in flight; another serve, or the next, goes on.
    """
    from bot.logs import log_to_stderr  # noqa: PLC0415 - no other command needs it

    leaving = _told_to_leave()
    load_settings(options.config)
    with opened_store():
        log_to_stderr()
    _log.info("Approved plans are carried out here, until SIGTERM or Ctrl-C")
    return _kept_working(options, leaving)


def _told_to_leave() -> Leaving:
    leaving = Leaving()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: leaving.tell())
    return leaving


def _kept_working(options: Options, leaving: Leaving) -> ExitStatus:
    """A worker that dies is started again; one that finds the settings wrong would find that
    again."""
    while True:
        began, worker = time.monotonic(), _started(options)
        while worker.is_alive() and not leaving.is_told():
            leaving.sleep(SECONDS_BETWEEN_LOOKS)
        if leaving.is_told():
            worker.terminate()
            worker.join()
            _log.info("Left; whoever comes next goes on")
            return ExitStatus.DONE
        if worker.exitcode == ExitStatus.REFUSED:
            return ExitStatus.REFUSED
        _log.warning("The worker process ended (%s) and is started again", _how(worker.exitcode))
        leaving.sleep(began + SECONDS_BETWEEN_STARTS - time.monotonic())


def _started(options: Options) -> SpawnProcess:
    from bot import worker  # noqa: PLC0415 - no other command needs it

    process = multiprocessing.get_context("spawn").Process(
        target=worker.main, args=(options.config,), kwargs={"debug": options.debug}, name="worker"
    )
    process.start()
    return process


def _how(code: int | None) -> str:
    """A signal's is negative."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"
