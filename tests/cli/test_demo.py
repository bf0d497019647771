"""`ecr-clean demo` runs on any machine and with any settings, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.demo.demo_company import (
    isolated_environment,
    open_demo_folder,
    open_workspace,
    serving,
)
from bot.cli.demo.presentation import post_reports
from bot.core.errors import ServiceError
from bot.playground.slack import Workspace
from tests.cli import demo_runs
from tests.cli.demo_runs import Machine, free_port
from tests.cli.plan_execution import until
from tests.support import Run

HABITS = {
    "AWS_ACCESS_KEY_ID": "ASIA",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_PROFILE": "work",
    "AWS_ENDPOINT_URL_ECR": "http://127.0.0.1:1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "https_proxy": "http://127.0.0.1:1",
    "ECR_CLEAN_CONFIG": "none.yml",
    "ECR_CLEAN_SETTINGS": "nonsense: true",
    "PGPASSWORD": "of-work",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SLACK_BOT_TOKEN": "xoxb-of-work",
    "SLACK_APP_TOKEN": "xapp-of-work",
    "SLACK_API_URL": "http://127.0.0.1:1/api/",
    "XDG_STATE_HOME": "/nowhere",
    "XDG_CACHE_HOME": "/nowhere",
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path, HABITS)


@pytest.mark.slow
def test_it_reports_and_runs_until_ctrl_c(machine: Machine) -> None:
    port = free_port()
    with machine.started("--port", str(port)) as run:
        run.until("ends the demo")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert b"Mia Brandt" in answer.read()
        assert len(machine.processes()) >= 2, "both processes of the bot"
        assert "shop/payments" in on_its_command_line(machine, run, "plans")
        assert run.end(signal.SIGINT) == 0
        assert run.said[-1] == "The demo is over.\n"
    said = "".join(run.said)
    for words in (
        "The workspace of a simulated company is open: http://127.0.0.1:",
        "│ shop/api · delete 255 images, save $41 a year\n",
        "Nothing in use is deleted: 3 old images are kept only because workloads",
        "1 image to delete was pulled ",
        "Keeps 18: 3 in use · 9 newest releases · 5 newest `*SNAPSHOT*` · `latest`",
        "[Approve]  ",
        "• ml/recommender: delete 123 images",
        "• shop/payments: delete 75 images",
        "have nothing to delete",
        "• partner/feeds: 1 check failed, so nothing can be deleted",
        "12 repositories. All deletions together save about $",
    ):
        assert words in said
    assert machine.files() == []
    until(lambda: not machine.processes())


def on_its_command_line(machine: Machine, run: demo_runs.Run, command: str) -> str:
    """The output of `ecr-clean COMMAND` in a shell that has run the script that the demo names."""
    (line,) = (line for line in run.said if line.startswith("  . "))
    shell = subprocess.run(
        ["sh", "-c", f"{line.partition('#')[0].strip()} && ecr-clean {command}"],
        env={**os.environ, **machine.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return shell.stdout


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)]
)
def test_a_signal_ends_it(machine: Machine, number: signal.Signals) -> None:
    with machine.started("--port", str(free_port())) as run:
        run.until("is open")
        assert run.end(number) == 128 + number
    assert machine.files() == []
    until(lambda: not machine.processes())


def test_a_port_in_use(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("demo", "--port", str(port))
    assert (result.status, result.out) == (2, "")
    assert result.sentence.startswith(f"Port {port} cannot be used (")


LACKING = ("starlette", "trustme")


def test_missing_packages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.demo.command.find_spec", lambda name: name not in LACKING or None)
    result = run("demo")
    assert (result.status, result.out) == (2, "")
    assert "The demo needs starlette and trustme: from a clone, run make setup" in result.sentence


def test_the_walkthrough_refuses_a_real_account(run: Run) -> None:
    result = run("demo", "--walkthrough", "--aws")
    assert (result.status, result.out) == (2, "")
    assert "omit --aws" in result.sentence


@pytest.mark.parametrize("name", HABITS)
def test_the_environment_of_the_machine_is_ignored(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, HABITS[name])
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = isolated_environment()
    assert name not in environment
    assert environment["LANG"] == "C.UTF-8"


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with open_workspace(0) as workspace:
        yield workspace


def test_the_bot_exits(slack: Workspace) -> None:
    """The error contains the last lines of the log."""
    environment = {**isolated_environment(), "SLACK_APP_TOKEN": "xapp-1"}
    with open_demo_folder(environment, "reports: []") as demo_folder, serving(demo_folder) as bot:
        with pytest.raises(
            ServiceError, match=r"with status 2; last lines of its log: .*SLACK_BOT"
        ):
            bot.wait_until_connected(slack.remote)
        with pytest.raises(ServiceError, match="exited with status 2"):
            bot.expect_alive()
    assert not demo_folder.folder.exists()


def test_the_bot_does_not_connect(slack: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.demo.demo_company.SECONDS_TO_START", 0)
    with (
        open_demo_folder(isolated_environment(), "{}") as demo_folder,
        serving(demo_folder) as bot,
        pytest.raises(ServiceError, match="did not connect to the workspace within 0 seconds"),
    ):
        bot.wait_until_connected(slack.remote)
    assert bot.process.returncode is not None


def test_reports_that_cannot_be_posted() -> None:
    """Slack does not run, and there is no token for it."""
    with (
        open_demo_folder(isolated_environment(), "reports: [{channel: '#ops'}]") as demo_folder,
        pytest.raises(ServiceError, match=r"No report was posted; .*SLACK_BOT_TOKEN"),
    ):
        list(post_reports(demo_folder))
