"""How a process looks after itself: its log, its heartbeat, its memory."""

import gc
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from bot import sanitize
from bot.core.errors import RequestError, ServiceError
from bot.settings.environment import Environment

_log = logging.getLogger(__name__)

SERVE, WORKER = "serve", "worker"
"""`serve` itself, as long as Slack hears it if it is to; its worker, as long as it reads the store.
They beat every few seconds."""

MAX_HEARTBEAT_AGE_SECONDS = 60.0

_PAUSE_FACTOR = 20
"""Times the length of a collection, at least, until the next: looking through a large plan that is
in memory takes up to a second, during which no other thread runs."""


def log_to_stderr() -> None:
    """What this bot has to say. What libraries log is not shown: they may tell secrets, and what
    matters of it is told by us."""
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
        """Python would print the event as it is, where it prints anything at all."""


class _Formatter(logging.Formatter):
    """An event is a line, whatever stands in it; only a traceback has more."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return sanitize.line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return sanitize.traceback_lines(super().formatException(ei))


def _log_uncaught(args: threading.ExceptHookArgs) -> None:
    """Python would print it as it is, unless the thread only left."""
    if args.exc_type is SystemExit:
        return
    what = f"{args.exc_type.__name__}: {sanitize.quoted(str(args.exc_value))}"
    _log.error("A bug of ecr-clean's own ended a thread (%s)", what)


def record_heartbeat(process: str) -> None:
    """Raises ServiceError if the file cannot be touched."""
    folder = Environment().ecr_clean_heartbeat
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / process).touch()
    except OSError as error:
        raise ServiceError(
            f"No sign of life can be left in {folder} ({error.strerror}): set ECR_CLEAN_HEARTBEAT "
            "to a folder that can be written, or leave it out"
        ) from error


def processes_without_heartbeat() -> Iterator[str]:
    """The processes that gave no sign of life lately. Raises RequestError if none ever do."""
    folder = Environment().ecr_clean_heartbeat
    if folder is None:
        raise RequestError(
            "ECR_CLEAN_HEARTBEAT is not set, so serve leaves no signs of life: set it to a folder, "
            "for serve as well as for this command"
        )
    return (each for each in (SERVE, WORKER) if not _beats(folder / each))


def _beats(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime <= MAX_HEARTBEAT_AGE_SECONDS
    except FileNotFoundError:
        return False


def tune_garbage_collection() -> None:
    """A large plan is a million small objects that refer to each other in no circle: looking for
    circles among them again and again took half of the time. A process that does many jobs calls
    `collect_garbage` besides: Python itself hardly ever collects older objects any more."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def collect_garbage() -> None:
    """After a job, or every minute: frees objects that nothing refers to any more. It takes at most
    a twentieth of the time: a call soon after another does nothing. May be called by several
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
