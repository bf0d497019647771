"""Runs whole processes and measures them from outside."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall time in seconds, and peak memory in MB (10^6 bytes) as the kernel counted it."""

    seconds: float
    peak_mb: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Raises CalledProcessError if the command fails; what it prints is thrown away."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measured(seconds, usage.ru_maxrss * 1024 / 1e6)


def middle(runs: Sequence[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(median(r.seconds for r in runs), max(r.peak_mb for r in runs))
