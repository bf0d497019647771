"""`ecr-clean serve`, which runs the bot."""

import logging
import multiprocessing
import signal
import time
from contextlib import closing, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from bot.bootstrap.planning import has_aws_credentials
from bot.bootstrap.processes import Shutdown, shutdown_on_signals
from bot.bootstrap.slack_context import has_slack_tokens, open_slack_connection
from bot.cli.exit_status import ExitStatus
from bot.cli.open_storage import opened_store
from bot.cli.options import CommonOptions, common_options
from bot.core.errors import RequestError, ServiceError
from bot.process import (
    SERVE,
    collect_garbage,
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
"""Then `serve` exits, so that its supervisor can restart it."""

_log = logging.getLogger(__name__)


@click.command()
@common_options
@click.pass_obj
def serve(options: CommonOptions) -> int:
    """Run the bot: Slack, scheduled reports, deletions.

    Answers in Slack, posts scheduled reports, runs approved plans, resumes interrupted runs, and
    expires old plans. SIGTERM and Ctrl-C stop it after the batches in flight. Another `ecr-clean
    serve`, or the next one, resumes the rest.
    """
    from bot.process import log_to_stderr  # noqa: PLC0415 - no other command needs it

    shutdown = shutdown_on_signals()
    settings = load_settings(options.config)
    _expect_credentials()
    with opened_store() as store:
        connection = _connect_to_slack(settings, store, debug=options.debug)
        log_to_stderr()
        _log_start(settings, connection)
        with (
            WorkerProcess(options, shutdown) as worker,
            closing(connection) if connection else nullcontext(),
        ):
            status = _supervise(worker, SlackConnectionMonitor(connection), shutdown)
    if shutdown.is_requested():
        _log.info("Stopped; the next serve resumes unfinished plans")
    return status


def _expect_credentials() -> None:
    """Raises RequestError if there are neither Slack tokens nor AWS credentials: serve could do
    nothing."""
    if not has_slack_tokens() and not has_aws_credentials():
        raise RequestError(
            "serve found no credentials. For Slack, set SLACK_BOT_TOKEN and SLACK_APP_TOKEN. For "
            "AWS, set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run "
            "ecr-clean with an IAM role"
        )


def _connect_to_slack(
    settings: Settings, store: "Store", *, debug: bool
) -> "SlackConnection | None":
    """None without tokens. Raises RequestError if one of them is missing, or the settings are
    wrong. Raises ServiceError if Slack refuses the connection."""
    if not has_slack_tokens():
        return None
    connection = open_slack_connection(settings, store, debug=debug)
    connection.connect()
    tune_garbage_collection()
    return connection


def _log_start(settings: Settings, connection: "SlackConnection | None") -> None:
    _log.info("Started: runs approved plans until SIGTERM or Ctrl-C")
    if connection is None:
        _log.info("Slack is off: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set")
        return
    _log.info("Connected to Slack")
    if not any(report.channel for report in settings.reports):
        _log.warning("No plan can be approved in Slack: no entry of `reports` has a `channel`")


def _supervise(
    worker: "WorkerProcess", monitor: "SlackConnectionMonitor", shutdown: Shutdown
) -> ExitStatus:
    """Runs until a shutdown. Raises ServiceError if Slack is unreachable for too long, or the
    heartbeat cannot be written."""
    collect_at = time.monotonic()
    while not shutdown.is_requested():
        if time.monotonic() >= collect_at:
            collect_garbage()
            collect_at = time.monotonic() + SECONDS_BETWEEN_COLLECTIONS
        shutdown.sleep(SECONDS_BETWEEN_CHECKS)
        monitor.check()
        if monitor.is_up:
            record_heartbeat(SERVE)
        if worker.has_failed_permanently():
            return ExitStatus.REFUSED
    return ExitStatus.DONE


class WorkerProcess:
    """The worker process. It is restarted if it dies, unless it refused the settings."""

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

    def has_failed_permanently(self) -> bool:
        if self._process.is_alive() or self._shutdown.is_requested():
            return False
        code = self._process.exitcode
        if code == ExitStatus.REFUSED:
            return True
        _log.warning("The worker process died (%s) and is restarted", _exit_reason(code))
        self._shutdown.sleep(self._started_at + SECONDS_BETWEEN_STARTS - time.monotonic())
        if not self._shutdown.is_requested():
            self._start()
        return False

    def _start(self) -> None:
        from bot import worker  # noqa: PLC0415 - no other command needs it

        options = self._options
        self._started_at = time.monotonic()
        self._process: SpawnProcess = multiprocessing.get_context("spawn").Process(
            target=worker.main,
            args=(options.config,),
            kwargs={"debug": options.debug},
            name="worker",
        )
        self._process.start()


class SlackConnectionMonitor:
    """Monitors the connection to Slack."""

    def __init__(self, connection: "SlackConnection | None") -> None:
        self._connection = connection
        self._up_at = time.monotonic()
        self.is_up = True

    def check(self) -> None:
        """Raises ServiceError if the connection is down for too long, or permanently."""
        is_up = self._connection is None or self._connection.is_up()
        if is_up != self.is_up:
            _log.info("Connected to Slack again" if is_up else "Connection to Slack lost: retrying")
        self.is_up = is_up
        if is_up:
            self._up_at = time.monotonic()
        elif time.monotonic() - self._up_at > MAX_SECONDS_WITHOUT_SLACK:
            raise ServiceError(
                f"No connection to Slack for {MAX_SECONDS_WITHOUT_SLACK:.0f} seconds: check the "
                "network, SLACK_API_URL and SLACK_APP_TOKEN, then restart ecr-clean serve"
            )


def _exit_reason(code: int | None) -> str:
    """`exit status 1`, `SIGKILL`. The code of a signal is negative."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"
