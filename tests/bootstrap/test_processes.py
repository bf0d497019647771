"""Which process is no more, as far as it can be told from here."""

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
class Another:
    """A process of this machine, and how a run names it."""

    process: "subprocess.Popen[str]"
    worker: PlanWorker


@pytest.fixture
def another() -> Iterator[Another]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, text=True) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        started = int(stat.rpartition(")")[2].split()[19])
        yield Another(process, replace(this_worker(), pid=process.pid, started=started))
        process.kill()


def state_of(worker: PlanWorker) -> str:
    stat = Path(f"/proc/{worker.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


def test_this_process_is_not_gone() -> None:
    assert this_worker() == this_worker()
    assert not is_gone(this_worker())


def test_another_is_not_gone_while_it_lives() -> None:
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


def test_one_that_was_killed_and_reaped_is_gone(another: Another) -> None:
    another.process.kill()
    another.process.wait()
    assert is_gone(another.worker)


def test_a_zombie_is_gone(another: Another) -> None:
    """Nobody has reaped it, but it runs nothing any more."""
    another.process.kill()
    end = time.monotonic() + PATIENCE
    while state_of(another.worker) != "Z":
        assert time.monotonic() < end
        time.sleep(0.005)
    assert is_gone(another.worker)


def test_another_process_with_its_number_is_not_taken_for_it(another: Another) -> None:
    assert is_gone(replace(another.worker, started=another.worker.started - 1))


def test_one_of_another_user_is_not_gone() -> None:
    """Process 1 takes no signal from us, unless we are root."""
    started = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    assert not is_gone(replace(this_worker(), pid=1, started=started))


@pytest.mark.parametrize("machine", ["another boot pid:[4026531836]", None])
def test_of_other_machines_nobody_can_tell(machine: str | None, another: Another) -> None:
    another.process.kill()
    another.process.wait()
    assert not is_gone(replace(another.worker, machine=machine))


def test_of_another_container_of_this_machine_neither(another: Another) -> None:
    """Its process ids mean something else."""
    machine = another.worker.machine
    assert machine
    boot, _, _namespace = machine.partition(" ")
    another.process.kill()
    another.process.wait()
    assert not is_gone(replace(another.worker, machine=f"{boot} pid:[1]"))


def test_where_there_is_no_linux_to_ask(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, another: Another
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    here = this_worker()
    assert (here.machine, here.started) == (None, 0)
    assert not is_gone(here)
    assert not is_gone(another.worker)


def test_where_proc_hides_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, another: Another
) -> None:
    """hidepid: it exists, but nothing else can be told."""
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
