"""The worker's memory does not grow with the number of jobs."""

import gc
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest
from botocore.client import BaseClient

from bot.playground.slack import SimulatedUser
from bot.process import tune_garbage_collection
from bot.settings.model import Settings
from bot.store.store import Store
from tests.cli.plan_execution import until
from tests.support import Shelf
from tests.worker.conftest import MakeOffice, WriteSettings
from tests.worker.support import Office
from tests.worker.test_process import ask, worker

EVERY_SOURCE = "usage: {expect_none: true}\n"


@pytest.fixture
def settings(write_settings: WriteSettings) -> Settings:
    return write_settings(EVERY_SOURCE)


@pytest.fixture
def repository(shelf: Shelf) -> str:
    """A repository with 13 releases, three of which are deleted."""
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    return shelf.id.name


@pytest.fixture
def as_in_a_worker() -> Iterator[None]:
    """Makes Python's own garbage collection as rare as in a worker."""
    before = gc.get_threshold()
    gc.collect()
    tune_garbage_collection()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def report(office: Office, repository: str) -> None:
    office.ask(repository)
    assert office.jobs.do_next()


def clients() -> list[BaseClient]:
    """Some objects are proxies of deleted objects, and raise if their class is read."""
    return [each for each in gc.get_objects() if issubclass(type(each), BaseClient)]


@pytest.mark.slow
def test_all_jobs_share_clients(
    settings: Settings, own_store: Store, make_office: MakeOffice, repository: str
) -> None:
    office = make_office(settings, own_store)
    report(office, repository)
    known = clients()
    assert {each.meta.service_model.service_name for each in known} >= {"ecr", "ecs", "lambda"}
    for _ in range(3):
        report(office, repository)
    assert {id(each) for each in clients()} <= {id(each) for each in known}


class Loop:
    """Refers to itself, like clients."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("as_in_a_worker")
def test_jobs_leave_no_garbage(
    office: Office, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also no old garbage, which Python itself rarely collects. Resets the time of the last
    collection, since a collection soon after another does nothing."""
    monkeypatch.setattr("bot.process._collection._not_before", 0.0)
    loop = Loop()
    gc.collect()
    garbage = ref(loop)
    del loop
    assert garbage()

    report(office, repository)
    assert garbage() is None


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("settings")
def test_memory_stays_flat(
    own_store: Store,
    channel: str,
    ann: SimulatedUser,
    repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real worker makes a few reports. `make bench` measures 1,000."""
    with worker(monkeypatch) as process:

        def make_ten_reports() -> int:
            for _ in range(10):
                ask(own_store, repository, channel, ann.id)
            until(lambda: not own_store.jobs_left("report"))
            return resident(process.pid)

        memory = [make_ten_reports() for _ in range(8)]
        assert memory[-1] < 1.1 * memory[1]


def resident(pid: int) -> int:
    """Resident memory in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1])
