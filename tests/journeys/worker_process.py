"""A process that carries plans out, and is killed or frozen where a test wants it to be."""

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

from bot.bootstrap.deletion import open_run_starter
from bot.bootstrap.processes import Shutdown, is_gone
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

PATIENCE = 120.0
"""Seconds, for what happens at once unless something is broken."""

LOADED_LATE = ["encodings.idna", "psycopg", "ruamel.yaml"]
"""What a worker would load when it first needs it."""

LEASE_LOST = 3
"""Exit code of a worker that lost its run."""


@dataclass(frozen=True)
class FaultPoint:
    """Which signal the worker sends itself, and when: at the `number`th `before delete`, … `during
    journal`, …: all statements were sent, but not the commit."""

    when: str
    number: int = 1
    blow: Signals = SIGKILL


def start(fault: FaultPoint | None = None) -> ForkServerProcess:
    """Carries out what is due or left, with the environment and in the folder of this process.
    Forked from a server that has loaded everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *LOADED_LATE])
    process = context.Process(target=_work, args=(dict(os.environ), Path.cwd(), fault))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int:
    """Its exit code; a signal's is negative."""
    process.join(PATIENCE)
    assert process.exitcode is not None, "the worker does not come to an end"
    return process.exitcode


def until(condition: Callable[[], bool]) -> None:
    """Waits for what another process is about to do."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.005)


def send_signal(process: ForkServerProcess, what: Signals) -> None:
    assert process.pid
    os.kill(process.pid, what)


def is_frozen(process: ForkServerProcess) -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def work(fault: FaultPoint | None = None) -> None:
    """The same in this process, which is another one than that of a killed worker."""
    settings = load_settings(None)
    with open_store() as store:
        starter = _watched(
            open_run_starter(settings, store, lambda *_: None, lambda *_: None, Shutdown()), fault
        )
        found = find_runs(store, starter.runner.clock(), is_gone)
        for begun in found.abandoned:
            starter.take_over(*begun)
        for plan in found.due:
            starter.start(plan.id)


def _work(environment: Mapping[str, str], folder: Path, fault: FaultPoint | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        work(fault)
    except LeaseLostError:
        os._exit(LEASE_LOST)


def _watched(starter: RunStarter, fault: FaultPoint | None) -> RunStarter:
    """With the time of the stand-in, and with every port watched."""
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
    """Who freezes waits until no other thread is deleting: a request that is about to leave leaves
    after the thaw, and nobody can hold it back."""
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
                    event.listen(Engine, "commit", lambda _: pthread_kill(this, fault.blow))
            elif (called, seen[called]) == (fault.when, fault.number):
                if fault.blow is Signals.SIGSTOP:
                    changed.wait_for(lambda: deleting <= {this})
                pthread_kill(this, fault.blow)

    return hook


def _clock() -> Callable[[], datetime]:
    control = ControlClient(os.environ["AWS_ENDPOINT_URL"])

    def now() -> datetime:
        answer: dict[str, Any] = control.send("GET", "/clock", {})
        return datetime.fromisoformat(answer["now"])

    return now
