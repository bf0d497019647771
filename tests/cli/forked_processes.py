"""Processes of `ecr-clean` that are forked from one which has imported it already.

Each process has its own id, pipes and environment. Only the imports, which take more than a second,
happen once: in the parent process, `python -m tests.cli.forked_processes`. It forks one process for
each request, until its socket is closed.
"""

import atexit
import gc
import io
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import IO, NoReturn

ROOT = Path(__file__).parent.parent.parent
NUMBER = struct.Struct("i")
MOST_BYTES = 200_000
"""The keys of a request: arguments, environment and folder."""


class Forked:
    """`python -m bot` with these arguments, with the part of `subprocess.Popen` that the tests use.
    Its outputs are read as text. `folder`: its working folder. Of the variables that Python reads
    at its start, only PYTHONUNBUFFERED applies, and /proc shows another environment."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        folder: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        stderr: int = subprocess.PIPE,
    ) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._waiting = Lock()
        given: list[int] = []
        if stdin == subprocess.DEVNULL:
            stdin = os.open(os.devnull, os.O_RDONLY)
            given.append(stdin)
        ours, out = os.pipe()
        given.append(out)
        self.stdout: IO[str] = _reader(ours)
        self.stderr: IO[str] | None = None
        if stderr == subprocess.STDOUT:
            stderr = out
        elif stderr == subprocess.PIPE:
            ours, stderr = os.pipe()
            given.append(stderr)
            self.stderr = _reader(ours)
        self._line, theirs = socket.socketpair()
        request = json.dumps([[*arguments], dict(environment), str(folder or Path.cwd())]).encode()
        assert len(request) < MOST_BYTES
        with theirs:
            socket.send_fds(_origin(), [request], [theirs.fileno(), stdin, out, stderr])
        for each in given:
            os.close(each)
        number = self._line.recv(NUMBER.size)
        assert number, "the process that others are forked from has ended"
        (self.pid,) = NUMBER.unpack(number)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """The rest of its outputs."""
        said: list[str] = []
        reader = Thread(target=lambda: said.append(self.stderr.read() if self.stderr else ""))
        reader.start()
        watch = Thread(target=self.wait, args=(timeout,))
        watch.start()
        out = self.stdout.read()
        for each in (reader, watch):
            each.join(timeout)
        self.wait(timeout)
        return out, said[0]

    def close(self) -> None:
        """Kills the process if it still runs."""
        self.kill()
        self.wait()
        for each in (self.stdout, self.stderr, self._line):
            if each:
                each.close()

    def _ended(self, timeout: float | None) -> int | None:
        with self._waiting:
            if self.returncode is None:
                self._line.settimeout(timeout)
                try:
                    number = self._line.recv(NUMBER.size)
                except (BlockingIOError, TimeoutError):
                    return None
                assert number, "wait() was not called"
                (self.returncode,) = NUMBER.unpack(number)
        return self.returncode


def _reader(descriptor: int) -> IO[str]:
    return open(descriptor, encoding="utf-8")


@cache
def _origin() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MOST_BYTES)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked_processes", str(theirs.fileno())],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# in the process that others are forked from


def await_request(line: socket.socket) -> None:
    """Returns once for each request, in a new process."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(line, MOST_BYTES, 4)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG if request else 0)[0]:
                pass
        if not request:
            sys.exit()
        if os.fork() == 0:
            break
        for each in descriptors:
            os.close(each)
    line.detach()
    answers, *streams = descriptors
    if pid := os.fork():
        for each in streams:
            os.close(each)
        _report(pid, answers)
    for number, each in enumerate(streams):
        os.dup2(each, number)
    os.closerange(3, 1024)
    _become(*json.loads(request))


def _report(pid: int, answers: int) -> NoReturn:
    """Sends the process id and the exit status."""
    with suppress(OSError):  # the test has ended
        os.write(answers, NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        os.write(answers, NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """A test runner in the background makes its children ignore these signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = ["ecr-clean", *arguments]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _writer(1, line_buffering=os.isatty(1) or "PYTHONUNBUFFERED" in environment)
    sys.stderr = _writer(2, line_buffering=True)


def _writer(descriptor: int, *, line_buffering: bool) -> io.TextIOWrapper:
    raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(raw, encoding="utf-8", line_buffering=line_buffering)


if __name__ == "__main__":
    gc.freeze()
    await_request(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
