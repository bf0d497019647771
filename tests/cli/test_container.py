"""What a container asks of the bot: that nothing is kept where it would go with the container, and
to say whether it is well."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.bootstrap.storage import open_store
from bot.playground.slack import Workspace
from bot.process import MAX_HEARTBEAT_AGE_SECONDS, SERVE, WORKER
from tests.cli.plan_execution import PATIENCE, until
from tests.cli.test_serve import serving
from tests.slack.running_bot import MANIFEST
from tests.support import Run

# where pins are kept

Mount = Callable[[Path], None]


@pytest.fixture
def mount(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Mount:
    """As if this were a container, in which nothing else is mounted."""
    del environment
    mounts = {Path("/")}
    monkeypatch.setattr(Path, "is_mount", lambda path: path in mounts)
    monkeypatch.setenv("ECR_CLEAN_REQUIRE_PERSISTENT_STATE", "1")
    return mounts.add


@pytest.mark.usefixtures("mount")
@pytest.mark.parametrize("place", ["state/ecr-clean", "elsewhere"])
@pytest.mark.parametrize("command", [("serve",), ("pin", "team/api", "1.0", "--reason", "mine")])
def test_files_would_go_with_the_container(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch, place: str, command: list[str]
) -> None:
    folder = environment / place
    if place == "elsewhere":
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/pins.db")
    result = run(*command)
    assert (result.status, result.out) == (2, "")
    assert "all pins and plans would be lost" in result.err
    assert "set DATABASE_URL to a PostgreSQL database" in result.err
    assert result.err.endswith(f"or mount a volume at {folder}\n")
    assert not folder.exists()


@pytest.mark.parametrize("place", ["state/ecr-clean", "state", "."])
def test_a_folder_is_mounted(mount: Mount, environment: Path, place: str) -> None:
    mount((environment / place).resolve())
    with open_store():
        assert (environment / "state" / "ecr-clean" / "ecr-clean.db").exists()


@pytest.mark.usefixtures("mount")
def test_a_server_keeps_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot:secret@127.0.0.1:9/pins")
    result = run("serve")
    assert result.status == 1
    assert "all pins" not in result.err


OLD = "ECR_CLEAN_STATE_MUST_LAST"
WARNING = f"ecr-clean: {OLD} is deprecated: set ECR_CLEAN_REQUIRE_PERSISTENT_STATE instead\n"


def test_the_old_variable_is_read_with_a_warning(
    run: Run, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mount
    monkeypatch.delenv("ECR_CLEAN_REQUIRE_PERSISTENT_STATE")
    monkeypatch.setenv(OLD, "1")
    result = run("pin", "team/api", "1.0", "--reason", "mine")
    assert result.status == 2
    assert result.err.startswith(WARNING)
    assert "all pins and plans would be lost" in result.err


@pytest.mark.usefixtures("mount")
def test_the_new_variable_wins(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLD, "")
    result = run("pin", "team/api", "1.0", "--reason", "mine")
    assert result.status == 2
    assert result.err.count(WARNING) == 1
    assert "all pins and plans would be lost" in result.err


# whether it is well


@pytest.fixture
def hearts(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = environment / "hearts"
    monkeypatch.setenv("ECR_CLEAN_HEARTBEAT", str(folder))
    return folder


def silence(hearts: Path, *names: str) -> None:
    """Their last signs of life were left too long ago."""
    for name in names:
        file = hearts / name
        at = file.stat().st_mtime - MAX_HEARTBEAT_AGE_SECONDS - PATIENCE
        os.utime(file, (at, at))


def is_well(run: Run) -> bool:
    return run("health").status == 0


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.slow
def test_each_process_gives_signs_of_life(hearts: Path, run: Run) -> None:
    with serving() as bot:
        until(lambda: is_well(run))
        (worker,) = bot.workers
        os.kill(worker, signal.SIGSTOP)
        until(lambda: is_stopped(worker))
        silence(hearts, WORKER)
        result = run("health")
        assert (result.status, result.out) == (1, "")
        assert result.err.startswith("ecr-clean: No heartbeat in the last 60 seconds from worker: ")
        os.kill(worker, signal.SIGCONT)
        until(lambda: is_well(run))
        assert bot.leave() == 0
    silence(hearts, SERVE, WORKER)
    assert "from serve and worker" in run("health").err


@pytest.mark.slow
def test_slack_is_away(hearts: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as slack:
        workspace = slack.enter_context(Workspace(MANIFEST))
        for name, value in workspace.environment().items():
            monkeypatch.setenv(name, value)
        with serving() as bot:
            until(lambda: is_well(run))
            slack.close()
            until(lambda: bot.has_said("Slack is away"))
            silence(hearts, SERVE)
            assert "from serve: " in run("health").err


@pytest.mark.slow
def test_no_sign_of_life_can_be_left(hearts: Path) -> None:
    hearts.write_text("no folder")
    with serving() as bot:
        assert bot.process.wait(PATIENCE) == 1
    assert bot.has_said("set ECR_CLEAN_HEARTBEAT to a folder that is writable")


def test_nothing_serves_here(hearts: Path, run: Run) -> None:
    del hearts
    assert "from serve and worker" in run("health").err


def test_signs_of_life_are_left_nowhere(run: Run) -> None:
    result = run("health")
    assert result.status == 2
    assert "ECR_CLEAN_HEARTBEAT is not set" in result.err
