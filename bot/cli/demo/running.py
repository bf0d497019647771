"""The bot as processes of its own, started as anybody would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bot.cli.demo.household import Household
from bot.core.errors import ServiceError

if TYPE_CHECKING:
    from bot.playground.slack import RemoteWorkspace

SECONDS_TO_START = 60.0
SECONDS_TO_LEAVE = 20.0
SECONDS_BETWEEN_LOOKS = 0.2

LINES_OF_LOG = 5

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Serving:
    """`ecr-clean serve`."""

    household: Household
    process: subprocess.Popen[bytes]

    def wait_for(self, look: Callable[[], Found], seconds: float, missing: str) -> Found:
        """What `look` finds in the end. Raises ServiceError if the bot ends before, or that takes
        too long."""
        end = time.monotonic() + seconds
        while not (found := look()):
            self.expect_alive()
            if time.monotonic() > end:
                raise ServiceError(f"{missing} after {seconds:.0f} seconds{self._last_words()}")
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return found

    def wait_until_heard(self, workspace: "RemoteWorkspace") -> None:
        """Until it hears what people do there. Raises ServiceError as `wait_for` does."""
        missing = "The bot had not come into the workspace"
        self.wait_for(workspace.connections, SECONDS_TO_START, missing)

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
