"""Which process this is, whether it was told to leave, and whether another is no more."""

import os
import signal
import socket
import time
from pathlib import Path

from bot.core.records import PlanWorker

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Fields of /proc/PID/stat behind the name, which is in brackets and may hold anything: proc(5).
The start is in clock ticks since boot, so that it stays the same when the clock is set."""

_DEAD = {"Z", "X"}
"""A zombie runs nothing any more: proc(5), state."""

SECONDS_BETWEEN_CHECKS = 0.1


def this_worker() -> PlanWorker:
    pid, fields = os.getpid(), _stat(os.getpid())
    if fields is None:
        return PlanWorker(socket.gethostname(), None, pid, 0)
    return PlanWorker(socket.gethostname(), _machine(), pid, int(fields[_STARTED]))


def is_gone(worker: PlanWorker) -> bool:
    """False wherever it cannot be told from here: of a process of another machine, of an earlier
    boot, or of another container, whose process ids mean something else."""
    if worker.machine is None or worker.machine != _machine():
        return False
    if not _exists(worker.pid):
        return True
    fields = _stat(worker.pid)
    if fields is None:
        return False
    return fields[_STATE] in _DEAD or int(fields[_STARTED]) != worker.started


def _exists(pid: int) -> bool:
    """Also where /proc hides what belongs to other users: proc(5), hidepid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _machine() -> str | None:
    """None where there is no Linux to ask."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return None


def _stat(pid: int) -> list[str] | None:
    """None if it cannot be read."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


class Shutdown:
    """A signal handler may tell it: unlike a threading.Event it has no lock, which the very thread
    that is interrupted might hold."""

    def __init__(self) -> None:
        self._is_requested = False

    def request(self) -> None:
        self._is_requested = True

    def is_requested(self) -> bool:
        return self._is_requested

    def sleep(self, seconds: float) -> None:
        """Less long, once it is told."""
        end = time.monotonic() + seconds
        while not self._is_requested and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_CHECKS))


def shutdown_on_signals() -> Shutdown:
    """SIGTERM and SIGINT tell it. Only the main thread may call this."""
    shutdown = Shutdown()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.request())
    return shutdown
