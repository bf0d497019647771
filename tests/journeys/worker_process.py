"""A worker process that executes plans, and that a test kills or freezes at a chosen point."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL, Signals, pthread_kill
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Engine, event

from bot.bootstrap.deletion import RunDisplay, open_run_starter
from bot.bootstrap.processes import Shutdown, is_gone
from bot.bootstrap.shared_scans import SharedScans
from bot.bootstrap.storage import open_store
from bot.core.records import PlanRecord
from bot.playground.control_client import ControlClient
from bot.settings.load import load_settings
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.revalidation import DeletionTarget
from bot.usecases.deletion.start import RunStarter, find_runs
from tests.usecases.aws_env import HookedPort, HookedStore

if TYPE_CHECKING:
    from bot.ports import ImageDeleter, Registry

TIMEOUT = 120.0
"""Seconds; reached only if something is broken."""

PRELOADED_MODULES = ["encodings.idna", "psycopg", "ruamel.yaml"]
"""Modules that a worker would otherwise load on first use."""

LEASE_LOST = 3
"""Exit code of a worker that lost its run."""


@dataclass(frozen=True)
class FaultPoint:
    """The signal that the worker sends itself, and when: at the `number`th `before delete`, `after
    delete` or `during journal`. `during`: after all statements were sent, before the commit."""

    when: str
    number: int = 1
    signal: Signals = SIGKILL


def start(fault: FaultPoint | None = None) -> ForkServerProcess:
    """Starts a worker with the environment and the folder of this process. It is forked from a
    server that has loaded all modules."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *PRELOADED_MODULES])
    process = context.Process(target=_work, args=(dict(os.environ), Path.cwd(), fault))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Waits for the process and returns its exit code, negative for a signal."""
    process.join(TIMEOUT)
    assert process.exitcode is not None, "the worker does not end"
    return process.exitcode


def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition that another process fulfills."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "the condition is still false"
        time.sleep(0.005)


def send_signal(process: ForkServerProcess, what: Signals) -> None:
    assert process.pid
    os.kill(process.pid, what)


def is_frozen(process: ForkServerProcess) -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def work(fault: FaultPoint | None = None) -> None:
    """Works in this process: starts approved plans and takes over abandoned runs."""
    settings = load_settings(None)
    with open_store() as store:
        display = RunDisplay(lambda *_: None, lambda *_: None)
        opened = open_run_starter(settings, store, SharedScans(), display, Shutdown())
        starter = _watched(opened, fault)
        found = find_runs(store, starter.runner.clock(), is_gone)
        for begun in found.abandoned:
            starter.take_over(*begun)
        for plan in found.due:
            starter.start(plan.id, found.at)


def _work(environment: Mapping[str, str], folder: Path, fault: FaultPoint | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        work(fault)
    except LeaseLostError:
        os._exit(LEASE_LOST)


def _watched(starter: RunStarter, fault: FaultPoint | None) -> RunStarter:
    """The starter with the stand-in's clock; every call of registry, deleter and store runs the
    hook."""
    hook = _hook(fault)
    opened = starter.open_target

    @contextmanager
    def open_target(plan: PlanRecord) -> Iterator[DeletionTarget]:
        with opened(plan) as target:
            registry = cast("Registry", HookedPort(target.found.registry, hook))
            yield replace(
                target,
                found=replace(target.found, registry=registry),
                deleter=cast("ImageDeleter", HookedPort(target.deleter, hook)),
            )

    store = HookedStore(starter.runner.store, hook)
    runner = replace(starter.runner, store=store, clock=_clock(), sleep=lambda _seconds: None)
    return replace(starter, runner=runner, open_target=open_target)


def _hook(fault: FaultPoint | None) -> Callable[[str], None]:
    """Sends the signal at the fault point. Before a freeze, waits until no other thread deletes: a
    request in progress would be sent after the worker continues."""
    seen: Counter[str] = Counter()
    deleting: set[int] = set()
    changed = Condition()

    def hook(called: str) -> None:
        this = get_ident()
        with changed:
            seen[called] += 1
            if called == "before delete":
                deleting.add(this)
            elif called == "after delete":
                deleting.discard(this)
                changed.notify_all()
            if fault is None:
                return
            if f"during {called.removeprefix('before ')}" == fault.when:
                if seen[called] == fault.number:
                    event.listen(Engine, "commit", lambda _: pthread_kill(this, fault.signal))
            elif (called, seen[called]) == (fault.when, fault.number):
                if fault.signal is Signals.SIGSTOP:
                    changed.wait_for(lambda: deleting <= {this})
                pthread_kill(this, fault.signal)

    return hook


def _clock() -> Callable[[], datetime]:
    control = ControlClient(os.environ["AWS_ENDPOINT_URL"])

    def now() -> datetime:
        answer: dict[str, Any] = control.send("GET", "/clock", {})
        return datetime.fromisoformat(answer["now"])

    return now
