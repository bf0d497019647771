"""Runs processes, and measures their time and memory from outside."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_LAUNCHER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py"))]


@dataclass(frozen=True, slots=True)
class Measured:
    """Wall time and CPU time in seconds, and peak memory in MB (10^6 bytes), as counted by the
    kernel."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Discards the command's output. Raises CalledProcessError if the command fails."""
    launched = subprocess.run(
        [*_LAUNCHER, *command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, cpu_seconds, peak_kib = launched.stdout.split()
    return Measured(float(seconds), float(cpu_seconds), int(peak_kib) * 1024 / 1e6)


def middle(runs: Sequence[Measured]) -> Measured:
    """The medians of the times, and the highest peak."""
    return Measured(
        median(r.seconds for r in runs),
        median(r.cpu_seconds for r in runs),
        max(r.peak_mb for r in runs),
    )
