"""`ecr-clean serve`: the bot itself; `health`: for whoever watches over a container."""

import logging
import multiprocessing
import signal
import time
from contextlib import closing, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from bot.bootstrap.processes import Shutdown, shutdown_on_signals
from bot.bootstrap.slack_context import has_slack_tokens, open_slack_connection
from bot.cli.database import opened_store
from bot.cli.exit_status import ExitStatus
from bot.cli.options import CommonOptions, common_options
from bot.cli.terminal import print_line
from bot.core.errors import ServiceError
from bot.process import (
    MAX_HEARTBEAT_AGE_SECONDS,
    SERVE,
    collect_garbage,
    processes_without_heartbeat,
    record_heartbeat,
    tune_garbage_collection,
)
from bot.settings.load import load_settings
from bot.settings.model import Settings

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

    from bot.slack.socket_mode import SlackConnection
    from bot.store.store import Store


SECONDS_BETWEEN_CHECKS = 0.5
SECONDS_BETWEEN_STARTS = 5.0
SECONDS_BETWEEN_COLLECTIONS = 60.0

MAX_SECONDS_WITHOUT_SLACK = 120.0
"""Whoever started the bot may know better what to do about it."""

_log = logging.getLogger(__name__)


@click.command()
@common_options
@click.pass_obj
def serve(options: CommonOptions) -> int:
    """Listen to people in Slack, carry out approved plans, recover what was left, and end what has
    run out, until stopped.

    SIGTERM and Ctrl-C end it after the batches in flight; another serve, or the next, goes on.
    """
    from bot.process import log_to_stderr  # noqa: PLC0415 - no other command needs it

    shutdown = shutdown_on_signals()
    settings = load_settings(options.config)
    with opened_store() as store:
        connection = _connected(settings, store, debug=options.debug)
        log_to_stderr()
        _log_start(settings, connection)
        with (
            WorkerProcess(options, shutdown) as worker,
            closing(connection) if connection else nullcontext(),
        ):
            status = _supervise(worker, SlackConnectionMonitor(connection), shutdown)
    if shutdown.is_requested():
        _log.info("Left; whoever comes next goes on")
    return status


def _connected(settings: Settings, store: "Store", *, debug: bool) -> "SlackConnection | None":
    """None without tokens. Raises RequestError if one of them is missing, or the settings are
    wrong; ServiceError if Slack does not let the bot in."""
    if not has_slack_tokens():
        return None
    connection = open_slack_connection(settings, store, debug=debug)
    connection.connect()
    tune_garbage_collection()
    return connection


def _log_start(settings: Settings, connection: "SlackConnection | None") -> None:
    _log.info("Approved plans are carried out here, until SIGTERM or Ctrl-C")
    if connection is None:
        _log.info("Nobody is heard in Slack: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set")
        return
    _log.info("People are heard in Slack")
    if not any(report.channel for report in settings.reports):
        _log.warning("No plan can be approved in Slack: no entry of `reports` has a `channel`")


def _supervise(
    worker: "WorkerProcess", monitor: "SlackConnectionMonitor", shutdown: Shutdown
) -> ExitStatus:
    """Raises ServiceError if Slack has been away for too long, or no sign of life can be left."""
    collect_at = time.monotonic()
    while not shutdown.is_requested():
        if time.monotonic() >= collect_at:
            collect_garbage()
            collect_at = time.monotonic() + SECONDS_BETWEEN_COLLECTIONS
        shutdown.sleep(SECONDS_BETWEEN_CHECKS)
        monitor.check()
        if monitor.is_up:
            record_heartbeat(SERVE)
        if worker.has_failed_for_good():
            return ExitStatus.REFUSED
    return ExitStatus.DONE


class WorkerProcess:
    """A process that is started again if it dies; one that finds the settings wrong would find that
    again."""

    def __init__(self, options: CommonOptions, shutdown: Shutdown) -> None:
        self._options = options
        self._shutdown = shutdown

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.join()

    def has_failed_for_good(self) -> bool:
        if self._process.is_alive() or self._shutdown.is_requested():
            return False
        code = self._process.exitcode
        if code == ExitStatus.REFUSED:
            return True
        _log.warning("The worker process ended (%s) and is started again", _how(code))
        self._shutdown.sleep(self._began + SECONDS_BETWEEN_STARTS - time.monotonic())
        if not self._shutdown.is_requested():
            self._start()
        return False

    def _start(self) -> None:
        from bot import worker  # noqa: PLC0415 - no other command needs it

        options = self._options
        self._began = time.monotonic()
        self._process: SpawnProcess = multiprocessing.get_context("spawn").Process(
            target=worker.main,
            args=(options.config,),
            kwargs={"debug": options.debug},
            name="worker",
        )
        self._process.start()


class SlackConnectionMonitor:
    """Over the connection to Slack."""

    def __init__(self, connection: "SlackConnection | None") -> None:
        self._connection = connection
        self._up_at = time.monotonic()
        self.is_up = True

    def check(self) -> None:
        """Raises ServiceError if it is down for too long, or for good."""
        is_up = self._connection is None or self._connection.is_up()
        if is_up != self.is_up:
            _log.info("Slack is there again" if is_up else "Slack is away: connecting again")
        self.is_up = is_up
        if is_up:
            self._up_at = time.monotonic()
        elif time.monotonic() - self._up_at > MAX_SECONDS_WITHOUT_SLACK:
            raise ServiceError(
                f"Slack has been away for {MAX_SECONDS_WITHOUT_SLACK:.0f} seconds: check the "
                "network, SLACK_API_URL and SLACK_APP_TOKEN, and start serve again"
            )


def _how(code: int | None) -> str:
    """A signal's is negative."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"


@click.command(hidden=True)
@common_options
def health() -> None:
    """Say whether the serve that runs beside this is well: whether it is heard in Slack, if it is
    to be, and whether its worker reads the database."""
    if names := list(processes_without_heartbeat()):
        raise ServiceError(
            f"No sign of life in the last {MAX_HEARTBEAT_AGE_SECONDS:.0f} seconds from "
            f"{' and '.join(names)}: see what serve says, and start it again if it says nothing"
        )
    print_line("serve and its worker are well.")
