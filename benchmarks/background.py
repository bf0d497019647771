"""Runs processes in the background of a measurement, and waits for their effects."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

PATIENCE = 300.0
SECONDS_BETWEEN_CHECKS = 0.1


@contextmanager
def running(*module: str, environment: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def wait_until(is_reached: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_reached():
        assert time.monotonic() < end, f"not reached within {PATIENCE:.0f} s"
        time.sleep(SECONDS_BETWEEN_CHECKS)
