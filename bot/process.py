"""The clock, the log, the heartbeat and the garbage collection of a process."""

import gc
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from bot import sanitize
from bot.core.errors import RequestError, ServiceError

_log = logging.getLogger(__name__)

SERVE, WORKER = "serve", "worker"
"""The processes that record heartbeats every few seconds: `serve`, while it is connected to Slack
if it has Slack tokens, and its worker, while it can read the store."""

MAX_HEARTBEAT_AGE_SECONDS = 60.0

_PAUSE_FACTOR = 20
"""The pause after a collection, as a multiple of its duration. A collection with a large plan in
memory takes up to a second, during which no other thread runs."""


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def log_to_stderr() -> None:
    """Shows the bot's own log. Does not show the logs of libraries, which may contain secrets."""
    formatter = _Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    handler = _Handler()
    handler.setFormatter(formatter)
    ours = logging.getLogger("bot")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())
    threading.excepthook = _log_uncaught


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Python would print the event with its secrets."""


class _Formatter(logging.Formatter):
    """Writes each event on one line, without secrets. Only a traceback has more lines."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return sanitize.line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return sanitize.traceback_lines(super().formatException(ei))


def _log_uncaught(args: threading.ExceptHookArgs) -> None:
    """Logs an error that ended a thread. Python would print it with its secrets."""
    if args.exc_type is SystemExit:
        return
    what = f"{args.exc_type.__name__}: {sanitize.quoted(str(args.exc_value))}"
    _log.error("An internal error ended a thread: %s", what)


def record_heartbeat(process: str) -> None:
    """Raises ServiceError if the file cannot be touched."""
    folder = _heartbeat_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / process).touch()
    except OSError as error:
        raise ServiceError(
            f"The heartbeat cannot be written to {folder} ({error.strerror}): set "
            "ECR_CLEAN_HEARTBEAT to a folder that is writable, or unset it"
        ) from error


def processes_without_heartbeat() -> Iterator[str]:
    """Raises RequestError if no folder for heartbeats is set."""
    folder = _heartbeat_folder()
    if folder is None:
        raise RequestError(
            "ECR_CLEAN_HEARTBEAT is not set, so serve records no heartbeat: set it to the same "
            "folder for serve and for this command"
        )
    return (each for each in (SERVE, WORKER) if not _beats(folder / each))


def _heartbeat_folder() -> Path | None:
    from bot.settings.environment import Environment  # noqa: PLC0415 - few commands need it

    return Environment().ecr_clean_heartbeat


def _beats(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime <= MAX_HEARTBEAT_AGE_SECONDS
    except FileNotFoundError:
        return False


def tune_garbage_collection() -> None:
    """Makes Python's own garbage collection rare. A large plan has a million small objects without
    reference cycles, and searching them for cycles took half of the time. A process that does many
    jobs also calls `collect_garbage`."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def collect_garbage() -> None:
    """Frees objects in reference cycles. Call it after a job, or every minute. It takes at most a
    twentieth of the time: a call soon after another does nothing. May be called by several
    threads."""
    _collection.run()


class _Collection:
    def __init__(self) -> None:
        self._lock = Lock()
        self._not_before = 0.0

    def run(self) -> None:
        with self._lock:
            began = time.monotonic()
            if began < self._not_before:
                return
            gc.collect()
            ended = time.monotonic()
            self._not_before = ended + _PAUSE_FACTOR * (ended - began)


_collection = _Collection()
