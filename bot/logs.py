"""What a process that nobody looks at tells on standard error."""

import logging
import threading
import time
from typing import Any, TextIO

from bot import outgoing

_log = logging.getLogger(__name__)


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
        return outgoing.line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return outgoing.traceback_lines(super().formatException(ei))


def _log_uncaught(args: threading.ExceptHookArgs) -> None:
    """Python would print it as it is, unless the thread only left."""
    if args.exc_type is SystemExit:
        return
    what = f"{args.exc_type.__name__}: {outgoing.quoted(str(args.exc_value))}"
    _log.error("A bug of ecr-clean's own ended a thread (%s)", what)
