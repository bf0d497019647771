"""The command as a process: pipes, terminals, start time."""

import os
import pkgutil
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from bot.cli.main import COMMANDS
from bot.playground.aws import AwsStandIn, Fault
from tests.support import Shelf

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "bot"]
INSTALLED = [str(Path(sys.executable).parent / "ecr-clean")]
SLOW_TO_LOAD = ["bot.playground", "rich.table", "ruamel.yaml", "sqlalchemy", "starlette", "uvicorn"]

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def ran(command: list[str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command, *arguments], capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("command", [COMMAND, INSTALLED], ids=["python -m bot", "ecr-clean"])
def test_both_entry_points(command: list[str], shelf: Shelf) -> None:
    """Without a terminal there is no progress."""
    shelf.images(150)
    done = ran(command, "plan", "team/api", "team/apo", "--format", "json")
    assert done.returncode == 2
    assert orjson.loads(done.stdout)["repository"] == "team/api"
    assert done.stderr == b"ecr-clean: Unknown repository team/apo: did you mean team/api?\n"


@pytest.mark.parametrize("form", ["json", "table"])
def test_a_closed_pipe_is_no_error(form: str, aws: AwsStandIn) -> None:
    for number in range(3):
        Shelf(aws, f"team/service-{number}").images(300)
    with subprocess.Popen(
        [*COMMAND, "plan", "team/*", "--format", form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in (0, 1)


def stderr_on_a_terminal(*arguments: str) -> tuple[bytes, bytes]:
    """The text on standard output, and the text on the terminal of standard error."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:
            pass  # Linux reports the closed other side this way
        assert process.stdout
        out = process.stdout.read()
    os.close(ours)
    return out, seen


def test_a_terminal_shows_progress(shelf: Shelf) -> None:
    shelf.images(110)  # a pipe holds the output of these
    out, seen = stderr_on_a_terminal("plan", "team/api", "--format", "json")
    assert orjson.loads(out)["repository"] == "team/api"
    assert b"reading manifests" in seen
    assert b"110 of 110" in seen


def test_commands_start_fast() -> None:
    modules = ["bot.cli.planning", "bot.cli.plans", "bot.cli.decisions"]
    program = f"import sys, {', '.join(modules)}; print('\\n'.join(sys.modules))"
    loaded = ran([sys.executable], "-c", program).stdout.decode().splitlines()
    assert set(modules) <= set(loaded)
    assert [name for name in (*SLOW_TO_LOAD, "tenacity") if name in loaded] == []


@pytest.mark.parametrize("option", ["--help", "--version", "nonsense"])
def test_help_imports_no_command(option: str) -> None:
    program = (
        "import sys, atexit, bot.cli\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr, sep='\\n'))\n"
        f"bot.cli.main(['{option}'])"
    )
    loaded = ran([sys.executable], "-c", program).stderr.decode().splitlines()
    assert "bot.cli.main" in loaded
    commands = {each.path.partition(":")[0] for each in COMMANDS.values()}
    slow = {*SLOW_TO_LOAD, *commands, "boto3", "pydantic", "slack_sdk", "bot.core.plan"}
    assert slow & set(loaded) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    command = pkgutil.resolve_name(COMMANDS[name].path)
    assert command.name == name
    assert command.help.partition("\n\n")[0] == COMMANDS[name].summary
    assert len(COMMANDS[name].summary) <= 60


def test_planning_as_json_does_not_import_rich(environment: Path, shelf: Shelf) -> None:
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
    assert [name for name in SLOW_TO_LOAD if name in loaded] == []


@pytest.mark.usefixtures("shelf")
def test_what_boto3_logs_is_not_shown(environment: Path) -> None:
    """boto3 logs a denied role with a traceback."""
    role = "arn:aws:iam::210987654321:role/nobody"
    (environment / "ecr-clean.yml").write_text(f"registries: [{{role_arn: '{role}'}}]")
    refused = ran(COMMAND, "plan", "team/api")
    assert refused.returncode == 1
    (line,) = refused.stderr.decode().splitlines()
    assert line.startswith("ecr-clean: AWS refused sts:AssumeRole")


def test_an_interrupted_command_prints_no_traceback(aws: AwsStandIn, shelf: Shelf) -> None:
    shelf.image("a")
    aws.world.faults.add(Fault(operation="DescribeImages", delay=60))
    with subprocess.Popen(
        [*COMMAND, "plan", "team/api"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_for_call(aws, "ecr:DescribeImages")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"ecr-clean: interrupted"


def wait_for_call(aws: AwsStandIn, name: str) -> None:
    deadline = time.monotonic() + 30
    while not aws.world.calls.count(name):
        assert time.monotonic() < deadline, f"{name} was never called"
        time.sleep(0.01)
