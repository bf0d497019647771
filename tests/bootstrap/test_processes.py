"""Detection of processes that have ended."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.bootstrap import processes
from bot.bootstrap.processes import is_gone, this_worker
from bot.core.records import PlanWorker

SAYS_WHO_IT_IS = """
from bot.bootstrap.processes import this_worker
print(this_worker().pid, this_worker().started, flush=True)
input()
"""
PATIENCE = 30.0


@dataclass(frozen=True)
class OtherProcess:
    """Another process on this machine, and its record in a run."""

    process: "subprocess.Popen[str]"
    worker: PlanWorker


@pytest.fixture
def another() -> Iterator[OtherProcess]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, text=True) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        started = int(stat.rpartition(")")[2].split()[19])
        yield OtherProcess(process, replace(this_worker(), pid=process.pid, started=started))
        process.kill()


def state_of(worker: PlanWorker) -> str:
    stat = Path(f"/proc/{worker.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


def test_this_process_is_not_gone() -> None:
    assert this_worker() == this_worker()
    assert not is_gone(this_worker())


def test_a_live_process_is_not_gone() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SAYS_WHO_IT_IS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent.parent,
        text=True,
    ) as process:
        assert process.stdout
        pid, started = map(int, process.stdout.readline().split())
        assert pid == process.pid
        assert started >= this_worker().started
        assert not is_gone(replace(this_worker(), pid=pid, started=started))
        process.kill()


def test_a_killed_process_is_gone(another: OtherProcess) -> None:
    another.process.kill()
    another.process.wait()
    assert is_gone(another.worker)


def test_a_zombie_is_gone(another: OtherProcess) -> None:
    """The process is not reaped, but has ended."""
    another.process.kill()
    end = time.monotonic() + PATIENCE
    while state_of(another.worker) != "Z":
        assert time.monotonic() < end
        time.sleep(0.005)
    assert is_gone(another.worker)


def test_a_reused_process_id_is_detected(another: OtherProcess) -> None:
    assert is_gone(replace(another.worker, started=another.worker.started - 1))


def test_a_process_of_another_user_is_not_gone() -> None:
    """Only root may send a signal to process 1."""
    started = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    assert not is_gone(replace(this_worker(), pid=1, started=started))


@pytest.mark.parametrize("machine", ["another boot pid:[4026531836]", None])
def test_processes_of_other_machines_are_unknown(
    machine: str | None, another: OtherProcess
) -> None:
    another.process.kill()
    another.process.wait()
    assert not is_gone(replace(another.worker, machine=machine))


def test_processes_of_other_containers_are_unknown(another: OtherProcess) -> None:
    """Its process ids are in another namespace."""
    machine = another.worker.machine
    assert machine
    boot, _, _namespace = machine.partition(" ")
    another.process.kill()
    another.process.wait()
    assert not is_gone(replace(another.worker, machine=f"{boot} pid:[1]"))


def test_without_linux_nothing_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, another: OtherProcess
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    here = this_worker()
    assert (here.machine, here.started) == (None, 0)
    assert not is_gone(here)
    assert not is_gone(another.worker)


def test_a_process_hidden_in_proc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, another: OtherProcess
) -> None:
    """hidepid: the process exists, but its state is hidden."""
    hidden = tmp_path / "proc"
    (hidden / "self/ns").mkdir(parents=True)
    (hidden / "self/ns/pid").symlink_to(Path("/proc/self/ns/pid").readlink())
    (hidden / "sys/kernel/random").mkdir(parents=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    (hidden / "sys/kernel/random/boot_id").write_text(boot)
    monkeypatch.setattr(processes, "_PROC", hidden)
    assert not is_gone(another.worker)
    another.process.kill()
    another.process.wait()
    assert is_gone(another.worker)
