"""`ecr-clean serve` as real processes, which are killed, stopped and started again."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import IO

import pytest

from bot.core.plan import PlanState
from bot.core.records import AuditEventName
from bot.playground.aws import AwsStandIn, Fault
from bot.store.store import Store
from tests.cli.forked_processes import Forked
from tests.cli.plan_execution import (
    AT_ONCE,
    BUILDS,
    DELETION,
    PATIENCE,
    approved,
    as_stored,
    hold_deletions,
    until,
    working,
)
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.support import Run, Shelf

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (INFO|WARNING|ERROR) [A-Z].*")


@dataclass(frozen=True)
class ServeProcess:
    """A running `ecr-clean serve`. `said`: its output so far."""

    process: Forked
    said: list[str]

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.said)

    @property
    def workers(self) -> list[int]:
        """The process IDs of its worker processes."""
        return [
            int(child)
            for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            .read_text()
            .split()
            if "spawn_main" in _command_of(child)
        ]

    def leave(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def _command_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def serving(*arguments: str) -> Iterator[ServeProcess]:
    with working("serve", *arguments) as process:
        said: list[str] = []
        reader = Thread(target=_read, args=(process.stderr, said))
        reader.start()
        yield ServeProcess(process, said)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        reader.join(PATIENCE)


def _read(stream: IO[str], said: list[str]) -> None:
    said.extend(iter(stream.readline, ""))


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_due_plans_are_executed(
    run: Run, at_once: Shelf, own_store: Store, aws: AwsStandIn
) -> None:
    id_ = approved(run, at_once.id.name)
    with serving() as bot:
        until(lambda: as_stored(own_store, id_).state is PlanState.DONE)
        assert bot.leave() == 0
    assert aws.world.calls.count(DELETION) == 1
    assert [LINE.fullmatch(line.strip()) is not None for line in bot.said] == [True] * 5
    assert [line.split(" ", 2)[2].strip() for line in bot.said] == [
        "Started: runs approved plans until SIGTERM or Ctrl-C",
        "Slack is off: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set",
        f"The plan {id_} for team/api is due, and planned again",
        f"The plan {id_} for team/api was executed; 2.96 kB freed",
        "Stopped; the next serve resumes unfinished plans",
    ]


@pytest.mark.slow
def test_the_worker_has_the_settings_of_the_variable(
    run: Run,
    at_once: Shelf,
    own_store: Store,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By default, the worker would wait for the undo window."""
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", (environment / "ecr-clean.yml").read_text())
    (environment / "ecr-clean.yml").unlink()
    id_ = approved(run, at_once.id.name)
    with serving() as bot:
        until(lambda: as_stored(own_store, id_).state is PlanState.DONE)
        assert bot.leave() == 0


def test_a_killed_workers_run_is_recovered_by_the_next_worker(
    run: Run, builds: Shelf, own_store: Store, aws: AwsStandIn
) -> None:
    id_ = approved(run, builds.id.name)
    held = hold_deletions(aws)
    with serving() as bot:
        until(lambda: aws.world.calls.count(DELETION) == 4)
        (worker,) = bot.workers
        held.delay = 0
        os.kill(worker, signal.SIGKILL)
        until(lambda: as_stored(own_store, id_).state is PlanState.DONE)
    assert aws.world.calls.count(DELETION) == 5
    assert len(builds.repository.manifests) == 10
    assert bot.has_said("WARNING The worker process died (SIGKILL) and is restarted")
    assert bot.has_said(f"is resumed: process {worker} on ")


@pytest.mark.slow
def test_a_stopped_worker_hands_its_run_to_the_next(
    run: Run, builds: Shelf, own_store: Store, aws: AwsStandIn
) -> None:
    id_ = approved(run, builds.id.name)
    hold_deletions(aws, seconds=4)
    with serving() as bot:
        until(lambda: aws.world.calls.count(DELETION))
        assert bot.leave() == 0
    assert bot.has_said("waits for another worker: this one is shutting down")
    assert as_stored(own_store, id_).state is PlanState.EXECUTING
    left = own_store.run(id_)
    assert left
    assert left.leased_until <= datetime.now(UTC)
    assert aws.world.calls.count(DELETION) == 4
    result = run("recover")
    assert result.status == 0
    assert f"Result: {BUILDS} deleted." in result.out


@pytest.mark.slow
def test_the_worker_exits_when_its_parent_is_killed(run: Run, at_once: Shelf) -> None:
    del run, at_once
    with serving() as bot:
        until(lambda: bot.workers)
        (worker,) = bot.workers
        bot.process.send_signal(signal.SIGKILL)
        until(lambda: not is_there(worker))


@pytest.mark.slow
def test_old_plans_expire(
    run: Run, releases: Shelf, own_store: Store, settings_file: Write
) -> None:
    settings_file(f"{AT_ONCE}approval: {{expires_after: 3s}}")
    id_ = run("propose", releases.id.name, "--format", "json").plan["plan"]
    until_ = (datetime.now(UTC) + timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S")
    run("pin", "team/api", "2.*", "--reason", "a customer", "--until", until_)
    with serving():
        until(lambda: as_stored(own_store, id_).state is PlanState.EXPIRED)
        until(lambda: not own_store.pins())
    events = [event.event for event in own_store.events()]
    assert AuditEventName.EXPIRED in events
    assert AuditEventName.PIN_EXPIRED in events


@pytest.mark.slow
def test_a_plan_that_cannot_start_is_logged(
    run: Run, at_once: Shelf, own_store: Store, settings_file: Write
) -> None:
    id_ = approved(run, at_once.id.name)
    settings_file(f"{LOOKED_AT}execution: {{enabled: false}}")
    with serving() as bot:
        until(lambda: bot.has_said("could not start"))
    assert as_stored(own_store, id_).state is PlanState.PROPOSED
    assert any(
        f"WARNING The plan {id_} for team/api could not start (the settings have "
        "execution.enabled: false). It is proposed again, without approvals" in line
        for line in bot.said
    )


@pytest.mark.slow
def test_an_unreachable_aws(run: Run, at_once: Shelf, own_store: Store, aws: AwsStandIn) -> None:
    """The plan waits. Other plans do not."""
    web = Shelf(aws, "team/web")
    web.images(20)
    id_, refused = approved(run, at_once.id.name), {"repositoryName": at_once.id.name}
    aws.world.faults.add(
        Fault(operation="DescribeImages", parameters=refused, error="ServerException", times=None)
    )
    with serving() as bot:
        until(lambda: bot.has_said("is retried later"))
        other = approved(run, web.id.name)
        until(lambda: as_stored(own_store, other).state is PlanState.DONE)
    assert as_stored(own_store, id_).state is PlanState.APPROVED
    assert all(LINE.fullmatch(line.strip()) for line in bot.said)
    assert sum("is retried later" in line for line in bot.said) == 1


@pytest.mark.slow
def test_a_worker_that_refuses_the_settings(run: Run, at_once: Shelf, settings_file: Write) -> None:
    del run, at_once
    with serving() as bot:
        until(lambda: bot.workers)
        (worker,) = bot.workers
        settings_file("nonsense: true\n")
        os.kill(worker, signal.SIGKILL)
        assert bot.process.wait(PATIENCE) == 2
    assert bot.has_said("ERROR The worker cannot start: ")
    assert not any("Traceback" in line for line in bot.said)


@pytest.mark.usefixtures("environment")
def test_wrong_settings(settings_file: Write, run: Run) -> None:
    settings_file("nonsense: true\n")
    result = run("serve")
    assert (result.status, result.out) == (2, "")
    assert "nonsense" in result.sentence


def test_a_database_that_cannot_be_used(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (environment / "file").write_text("no folder")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{environment}/file/store.db")
    result = run("serve")
    assert (result.status, result.out) == (1, "")
    assert "cannot be used" in result.sentence


@pytest.mark.slow
def test_no_secret_is_logged(run: Run, at_once: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    approved(run, at_once.id.name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-very-secret-key")
    with serving("--debug") as bot:
        until(lambda: bot.has_said("is retried later"))
    assert not any("a-very-secret-key" in line for line in bot.said)
