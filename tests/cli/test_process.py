"""The command as a process of its own: pipes, terminals, start."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from bot.playground.aws import Fault, StandIn
from tests.cli.carrying_out import COMMAND, PATIENCE, ROOT, until, working
from tests.support import Shelf

INSTALLED = [str(Path(sys.executable).parent / "ecr-clean")]
SLOW_TO_LOAD = ["bot.playground", "rich.table", "ruamel.yaml", "starlette", "uvicorn"]

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def ran(command: list[str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command, *arguments], capture_output=True, check=False, timeout=60)


def test_by_its_name(shelf: Shelf) -> None:
    shelf.image("a")
    planned = ran(INSTALLED, "plan", "team/api", "--format", "json")
    assert (planned.returncode, planned.stderr) == (0, b"")
    assert orjson.loads(planned.stdout)["repository"] == "team/api"


@pytest.mark.usefixtures("shelf")
def test_as_a_module() -> None:
    refused = ran(COMMAND, "plan", "team/apo")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert refused.stderr == b"ecr-clean: There is no repository team/apo: did you mean team/api?\n"


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_reader_that_leaves_early_hears_nothing(form: str, aws: StandIn) -> None:
    for number in range(3):
        Shelf(aws, f"team/service-{number}").images(300)
    with working("plan", "team/*", "--format", form) as process:
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) in (0, 1)


def stderr_on_a_terminal(*arguments: str) -> tuple[str, bytes]:
    """What came to standard output and to the terminal that standard error is."""
    ours, theirs = pty.openpty()
    with working(*arguments, stderr=theirs, TERM="xterm") as process:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:
            pass  # how Linux says that the other side has closed
        out = process.stdout.read()
    os.close(ours)
    return out, seen


def test_a_terminal_shows_progress_beside_the_output(shelf: Shelf) -> None:
    """The output is read after the terminal, so it has to fit into a pipe."""
    shelf.images(110)
    out, seen = stderr_on_a_terminal("plan", "team/api", "--format", "json")
    assert orjson.loads(out)["repository"] == "team/api"
    assert b"reading manifests" in seen
    assert b"110 of 110" in seen


def test_without_a_terminal_there_is_no_progress(shelf: Shelf) -> None:
    shelf.images(150)
    with working("plan", "team/api", "--format", "json") as process:
        assert process.communicate(PATIENCE)[1] == ""


def test_it_starts_fast_and_needs_no_tables_for_json(environment: Path, shelf: Shelf) -> None:
    program = (
        "import sys, atexit, bot.cli\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr, sep='\\n'))\n"
        "bot.cli.main(['plan', 'team/api', '--format', 'json'])"
    )
    shelf.image("a")
    (environment / "ecr-clean.yml").unlink()
    done = ran([sys.executable], "-c", program)
    assert done.returncode in (0, 3)
    loaded = done.stderr.decode().splitlines()
    assert "bot.cli.main" in loaded
    assert [name for name in SLOW_TO_LOAD if name in loaded] == []


@pytest.mark.usefixtures("shelf")
def test_what_boto3_logs_is_not_shown(environment: Path) -> None:
    """It warns of a refused role with a traceback of its own."""
    role = "arn:aws:iam::210987654321:role/nobody"
    (environment / "ecr-clean.yml").write_text(f"registries: [{{role_arn: '{role}'}}]")
    with working("plan", "team/api") as process:
        _, err = process.communicate(PATIENCE)
    assert process.returncode == 1
    (line,) = err.splitlines()
    assert line.startswith("ecr-clean: AWS refused sts:AssumeRole")


def test_an_interrupted_run_ends_quietly(aws: StandIn, shelf: Shelf) -> None:
    shelf.image("a")
    aws.world.faults.add(Fault(operation="DescribeImages", delay=60))
    with working("plan", "team/api") as process:
        until(lambda: aws.world.calls.count("ecr:DescribeImages"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "ecr-clean: interrupted"
