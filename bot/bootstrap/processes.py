"""Identifies this process, finds out whether another process has ended, and handles shutdown
signals."""

import os
import signal
import socket
import time
from pathlib import Path

from bot.core.records import PlanWorker

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Fields of /proc/PID/stat after the name, which is in parentheses and may contain any character:
proc(5). The start is in clock ticks since boot, so it does not depend on the system clock."""

_DEAD = {"Z", "X"}
"""States of processes that have ended: proc(5), state."""

SECONDS_BETWEEN_CHECKS = 0.1


def this_worker() -> PlanWorker:
    pid, fields = os.getpid(), _stat(os.getpid())
    if fields is None:
        return PlanWorker(socket.gethostname(), None, pid, 0)
    return PlanWorker(socket.gethostname(), _machine(), pid, int(fields[_STARTED]))


def is_gone(worker: PlanWorker) -> bool:
    """Whether the process has certainly ended. False if this process cannot find out: the other one
    is on another machine, of an earlier boot, or in another PID namespace."""
    if worker.machine is None or worker.machine != _machine():
        return False
    if not _exists(worker.pid):
        return True
    fields = _stat(worker.pid)
    if fields is None:
        return False
    return fields[_STATE] in _DEAD or int(fields[_STARTED]) != worker.started


def _exists(pid: int) -> bool:
    """Works also where /proc hides the processes of other users: proc(5), hidepid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _machine() -> str | None:
    """The boot id and the PID namespace. None on other systems than Linux."""
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
    """Whether this process is asked to shut down. Signal handlers may call `request`: unlike
    threading.Event, this has no lock that the interrupted thread may hold."""

    def __init__(self) -> None:
        self._is_requested = False

    def request(self) -> None:
        self._is_requested = True

    def is_requested(self) -> bool:
        return self._is_requested

    def sleep(self, seconds: float) -> None:
        """Returns early once shutdown is requested."""
        end = time.monotonic() + seconds
        while not self._is_requested and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SECONDS_BETWEEN_CHECKS))


def shutdown_on_signals() -> Shutdown:
    """SIGTERM and SIGINT request the shutdown. Only the main thread may call this."""
    shutdown = Shutdown()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shutdown.request())
    return shutdown
