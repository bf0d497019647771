"""Runs the commands of a page in one bash, from top to bottom.

The only programs are ecr-clean, and recorders in place of the programs that need AWS, Docker, a
cluster or the network. Any other program fails the walk.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDER = Path(__file__).with_name("recorder.py")


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded command. `piped`: its standard input, if that is a pipe."""

    program: str
    arguments: Sequence[str]
    piped: str

    def __str__(self) -> str:
        return " ".join((self.program, *self.arguments))


@dataclass(frozen=True, slots=True)
class Walk:
    calls: Sequence[Call]
    out: str

    def starting(self, command: str) -> list[Call]:
        return [call for call in self.calls if f"{call} ".startswith(f"{command} ")]

    def one(self, command: str) -> Call:
        (found,) = self.starting(command)
        return found


def shell_blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def walk(
    page: Path,
    folder: Path,
    programs: Sequence[str],
    answers: Mapping[str, str],
    typed: str,
    environment: Mapping[str, str],
) -> Walk:
    """`typed`: what the commands read from the terminal. `environment`: the variables of bash."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is missing: apt-get install bash")
    _lay_out(folder, programs, answers)
    (folder / "typed").write_text(typed)
    with (folder / "typed").open() as terminal:
        result = subprocess.run(
            [bash, "-euo", "pipefail", "-c", "\n".join(shell_blocks(page))],
            cwd=folder / "clone",
            env={**environment, "PATH": str(folder / "bin"), "PYTHONPATH": str(ROOT)},
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert result.returncode == 0, result.stderr
    return Walk(list(_calls(folder)), result.stdout)


def _lay_out(folder: Path, programs: Sequence[str], answers: Mapping[str, str]) -> None:
    for name in ("bin", "calls", "clone/.venv/bin"):
        (folder / name).mkdir(parents=True)
    for each in ROOT.iterdir():
        if each.name != ".venv":
            (folder / "clone" / each.name).symlink_to(each)
    (folder / "answers.json").write_text(json.dumps(answers))
    for name in programs:
        _write_program(folder / "bin" / name, f"-IS {RECORDER} {folder} {name}")
    _write_program(folder / "clone" / ".venv" / "bin" / "ecr-clean", "-m bot")


def _write_program(file: Path, arguments: str) -> None:
    file.write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
    file.chmod(0o700)


def _calls(folder: Path) -> Iterator[Call]:
    for file in sorted((folder / "calls").iterdir()):
        record = json.loads(file.read_text())
        program, *arguments = record["command"]
        yield Call(program, arguments, record["piped"])
