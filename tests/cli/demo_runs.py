"""Runs of `ecr-clean demo`, and the files and processes that they leave behind."""

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.cli.forked_processes import Forked

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 100


class Machine:
    """The user's machine: an empty home, an empty folder for temporary files, and variables of its
    own in the environment."""

    def __init__(self, folder: Path, habits: Mapping[str, str]) -> None:
        self.home, self.temporary = folder / "home", folder / "temporary"
        for each in (self.home, self.temporary):
            each.mkdir()
        self.environment = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "AWS_MAX_ATTEMPTS": "1",
            **habits,
        }

    def run(self, *arguments: str) -> "Ended":
        with closing(Forked(["demo", *arguments], self.environment, folder=self.home)) as process:
            out, err = process.communicate(PATIENCE)
            return Ended(process.wait(PATIENCE), out, err)

    @contextmanager
    def started(self, *arguments: str) -> Iterator["Run"]:
        given = {**self.environment, "PYTHONUNBUFFERED": "1"}
        process = Forked(["demo", *arguments], given, folder=self.home, stderr=subprocess.STDOUT)
        with closing(process):
            yield Run(process)

    def files(self) -> list[Path]:
        """The files in either folder."""
        found = [*self.home.rglob("*"), *self.temporary.rglob("*")]
        return [each for each in found if each.is_file()]

    def processes(self) -> dict[int, dict[str, str]]:
        """The environments of the demo's processes that still run, by process id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            environment = _environment_of(folder)
            if environment.get("TMPDIR") == str(self.temporary):
                found[int(folder.name)] = environment
        return found


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Run:
    def __init__(self, process: Forked) -> None:
        self.process = process
        self.said: list[str] = []

    def until(self, words: str) -> None:
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.said))

    def end(self, number: signal.Signals) -> int:
        """Waits for the end. Returns the exit status."""
        self.process.send_signal(number)
        self.said += self.process.stdout.readlines()
        return self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _environment_of(folder: Path) -> dict[str, str]:
    try:
        text = (folder / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    pairs = (part.partition("=") for part in text.split("\0"))
    return {name: value for name, _, value in pairs}
