"""Regular scans of usage by real worker processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn, Fault
from bot.process import system_clock
from bot.store.store import Store, open_store
from tests.cli.plan_execution import until
from tests.cli.stored_plans import Write
from tests.postgres import Server
from tests.support import Shelf, others_off

pytestmark = pytest.mark.slow

PROGRAM = """
from datetime import timedelta
from bot.usecases import usage_scans
from bot.usecases.deletion import lease
from bot.worker import main, process
usage_scans.USAGE_SCAN_LEASE = lease.USAGE_SCAN_LEASE = timedelta(seconds=2)
lease.USAGE_SCAN_RENEWAL = timedelta(seconds=0.5)
process.SECONDS_BETWEEN_SCAN_CHECKS = 0.2
main(None, debug=True)
"""
"""With short leases."""

ROOT = Path(__file__).parent.parent.parent
CALL = "ecs:ListClusters"


@contextmanager
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def running(aws: AwsStandIn, shelf: Shelf, settings_file: Write) -> str:
    settings_file(f"usage: {{{others_off('ecs')}}}")
    digest = shelf.image("a", "1.0")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    return digest


@pytest.fixture
def store(
    environment: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    del environment
    with postgresql.database(migrated=True) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        with open_store(url) as opened:
            yield opened


def scans(store: Store) -> int:
    return len(store.usage_scans(system_clock() - timedelta(days=1)))


def test_a_scan_is_made_once(
    aws: AwsStandIn, store: Store, running: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it takes longer than the lease."""
    aws.world.faults.add(Fault(operation="ListClusters", delay=5))
    with worker(monkeypatch), worker(monkeypatch):
        until(lambda: scans(store) == 2)
    assert store.last_uses([running])
    assert aws.world.calls.count(CALL) == 1


def test_a_killed_worker_is_replaced(
    aws: AwsStandIn, store: Store, running: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.world.faults.add(Fault(operation="ListClusters", delay=5))
    with worker(monkeypatch) as first:
        until(lambda: aws.world.calls.count(CALL))
        with worker(monkeypatch):
            first.kill()
            first.wait()
            assert scans(store) == 0
            until(lambda: scans(store) == 2)
    assert store.last_uses([running])
    assert aws.world.calls.count(CALL) == 2
