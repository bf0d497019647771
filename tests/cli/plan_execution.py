"""Shared parts of tests that execute plans: plans that are due, processes that run them, and
conditions to wait for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import IO

from bot.core.records import PlanRecord, StoreChange
from bot.playground.aws import AwsStandIn, Fault
from bot.store.store import Store
from tests.cli.forked_processes import Forked
from tests.cli.stored_plans import LOOKED_AT, proposed
from tests.store.support import event
from tests.support import Run

__all__ = ["proposed"]

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "bot"]
AT_ONCE = f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"
PATIENCE = 60.0
"""Seconds to wait for an immediate effect."""

NOTHING = "Nothing to recover: no plan is due, and none is being executed.\n"
"""The output of recover."""

DELETION = "ecr:BatchDeleteImage"
BUILDS = 450
"""The manifests to delete of `builds`: five batches, of which four run at the same time."""


def until(condition: Callable[[], object]) -> None:
    """Waits for an effect of another process."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


def approved(run: Run, name: str = "team/api") -> str:
    id_ = proposed(run, name)
    assert run("approve", id_, "--confirm", name).status == 0
    return id_


def as_stored(store: Store, id_: str) -> PlanRecord:
    found = store.plan(id_)
    assert found
    return found


def hold_deletions(aws: AwsStandIn, seconds: float = PATIENCE) -> Fault:
    """Deletions take effect immediately, but ECR's answers are late."""
    return aws.world.faults.add(Fault(operation="BatchDeleteImage", delay=seconds, times=None))


@contextmanager
def frozen(process: Forked) -> Iterator[None]:
    """The process is alive, but stopped."""
    process.send_signal(signal.SIGSTOP)
    yield
    process.send_signal(signal.SIGCONT)


def wait_for_line(stream: IO[str] | None, words: str) -> str:
    """The first line that contains these words."""
    assert stream
    for line in stream:
        if words in line:
            return line
    raise AssertionError(f"it ended without saying {words!r}")


@contextmanager
def working(
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.PIPE,
    **environment: str,
) -> Iterator[Forked]:
    """`ecr-clean` as a process, which is killed at the end if it still runs."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with closing(Forked(arguments, given, stdin=stdin, stderr=stderr)) as process:
        yield process


def late_by(store: Store, id_: str, delay: timedelta) -> None:
    """Moves the approval back in time, as if no worker had started the plan."""
    before = as_stored(store, id_)
    assert before.execute_after
    after = replace(
        before,
        approvals=tuple(replace(each, at=each.at - delay) for each in before.approvals),
        execute_after=before.execute_after - delay,
        revision=before.revision + 1,
    )
    assert store.commit(StoreChange([event()], before, after))
