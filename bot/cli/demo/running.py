"""The bot as processes of its own, started as anybody would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cli.demo.household import Household
from bot.core.errors import ServiceError

if TYPE_CHECKING:
    from bot.playground.slack import RemoteWorkspace

SECONDS_TO_START = 60.0
SECONDS_TO_LEAVE = 20.0
SECONDS_BETWEEN_LOOKS = 0.1

LINES_OF_LOG = 5


@dataclass(frozen=True, slots=True)
class Serving:
    """`ecr-clean serve`."""

    household: Household
    process: subprocess.Popen[bytes]

    def wait_until_heard(self, workspace: "RemoteWorkspace") -> None:
        """Until it hears what people do there. Raises ServiceError if it ends before, or that takes
        too long."""
        end = time.monotonic() + SECONDS_TO_START
        while not workspace.connections():
            self.expect_alive()
            if time.monotonic() > end:
                raise ServiceError(
                    f"The bot did not come into the workspace within {SECONDS_TO_START:.0f} "
                    f"seconds{self._last_words()}"
                )
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def expect_alive(self) -> None:
        status = self.process.poll()
        if status is not None:
            raise ServiceError(f"The bot ended with exit status {status}{self._last_words()}")

    def _last_words(self) -> str:
        said = self.household.log.read_text().splitlines()[-LINES_OF_LOG:]
        return "; it said last: " + " / ".join(said) if said else ""


@contextmanager
def serving(household: Household) -> Iterator[Serving]:
    """Ended on leaving, with all of its processes."""
    with household.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            env=household.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Serving(household, process)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It and its worker."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
