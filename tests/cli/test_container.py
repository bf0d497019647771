"""The bot in a container: it refuses to store data in the container itself, and has a health
check."""

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

# persistent state

Mount = Callable[[Path], None]


@pytest.fixture
def mount(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Mount:
    """Simulates a container without other mounts."""
    del environment
    mounts = {Path("/")}
    monkeypatch.setattr(Path, "is_mount", lambda path: path in mounts)
    monkeypatch.setenv("ECR_CLEAN_REQUIRE_PERSISTENT_STATE", "1")
    return mounts.add


@pytest.mark.usefixtures("mount")
@pytest.mark.parametrize("place", ["state/ecr-clean", "elsewhere"])
@pytest.mark.parametrize("command", [("serve",), ("pin", "team/api", "1.0", "--reason", "mine")])
def test_a_database_in_the_container_is_refused(
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
def test_a_mounted_folder_is_accepted(mount: Mount, environment: Path, place: str) -> None:
    mount((environment / place).resolve())
    with open_store():
        assert (environment / "state" / "ecr-clean" / "ecr-clean.db").exists()


@pytest.mark.usefixtures("mount")
def test_a_database_server_is_accepted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
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


# health


@pytest.fixture
def heartbeats(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = environment / "heartbeats"
    monkeypatch.setenv("ECR_CLEAN_HEARTBEAT", str(folder))
    return folder


def expire_heartbeats(heartbeats: Path, *names: str) -> None:
    """The last heartbeats are too old."""
    for name in names:
        file = heartbeats / name
        at = file.stat().st_mtime - MAX_HEARTBEAT_AGE_SECONDS - PATIENCE
        os.utime(file, (at, at))


def is_well(run: Run) -> bool:
    return run("health").status == 0


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.slow
def test_each_process_has_a_heartbeat(heartbeats: Path, run: Run) -> None:
    with serving() as bot:
        until(lambda: is_well(run))
        (worker,) = bot.workers
        os.kill(worker, signal.SIGSTOP)
        until(lambda: is_stopped(worker))
        expire_heartbeats(heartbeats, WORKER)
        result = run("health")
        assert (result.status, result.out) == (1, "")
        assert result.err.startswith("ecr-clean: No heartbeat in the last 60 seconds from worker: ")
        os.kill(worker, signal.SIGCONT)
        until(lambda: is_well(run))
        assert bot.leave() == 0
    expire_heartbeats(heartbeats, SERVE, WORKER)
    assert "from serve and worker" in run("health").err


@pytest.mark.slow
def test_slack_is_away(heartbeats: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as slack:
        workspace = slack.enter_context(Workspace(MANIFEST))
        for name, value in workspace.environment().items():
            monkeypatch.setenv(name, value)
        with serving() as bot:
            until(lambda: is_well(run))
            slack.close()
            until(lambda: bot.has_said("Connection to Slack lost"))
            expire_heartbeats(heartbeats, SERVE)
            assert "from serve: " in run("health").err


@pytest.mark.slow
def test_heartbeats_cannot_be_written(heartbeats: Path) -> None:
    heartbeats.write_text("no folder")
    with serving() as bot:
        assert bot.process.wait(PATIENCE) == 1
    assert bot.has_said("set ECR_CLEAN_HEARTBEAT to a folder that is writable")


def test_serve_does_not_run(heartbeats: Path, run: Run) -> None:
    del heartbeats
    assert "from serve and worker" in run("health").err


def test_heartbeats_have_no_folder(run: Run) -> None:
    result = run("health")
    assert result.status == 2
    assert "ECR_CLEAN_HEARTBEAT is not set" in result.err
