"""`ecr-clean serve`: the bot itself."""

import multiprocessing
import signal
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Event

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_store
from bot.cli.status import note
from bot.settings import load_settings

SECONDS_BETWEEN_LOOKS = 1.0


@click.command()
@common_options
@click.pass_obj
def serve(options: Options) -> None:
    """Carry out approved plans, recover what was left, and end what has run out, until stopped.

    SIGTERM and Ctrl-C end it after the batches in flight; another serve, or the next, goes on.
    """
    load_settings(options.config)
    with opened_store():
        note("serving: approved plans are carried out here, until SIGTERM or Ctrl-C")
    told_to_leave = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_leave.set())
    worker = _started(options.config)
    while not told_to_leave.wait(SECONDS_BETWEEN_LOOKS):
        if not worker.is_alive():
            note(f"the worker process ended by itself ({worker.exitcode}): it is started again")
            worker = _started(options.config)
    worker.terminate()
    worker.join()


def _started(config: Path | None) -> SpawnProcess:
    from bot import worker  # noqa: PLC0415 - no other command needs it

    process = multiprocessing.get_context("spawn").Process(
        target=worker.main, args=(config,), name="worker"
    )
    process.start()
    return process
