"""Measures the worker's memory after many reports on small repositories.

The worker, AWS and the workspace run in separate processes. All AWS sources are on.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from rich.table import Table

from benchmarks.background import wait_until
from benchmarks.playground_servers import stand_in, workspace
from benchmarks.settings import settings_file
from bot.playground.seed import seed_repository
from bot.playground.slack import WorkspaceClient
from bot.store.store import Store, open_store
from bot.usecases.reports import REPORT

REPOSITORIES = [f"small/{number}" for number in range(10)]
MANIFESTS = 20
REPORTS = (50, 150, 300, 1_000)
AT_A_TIME = 50
GOAL = "goal: after 1,000 reports at most 1.2 times what it is after 50"

_WORKER = "from bot.worker import main; main(None, debug=False)"


def table() -> Table:
    shown = Table(title="memory of the worker", caption=GOAL)
    for heading in ("reports", "resident", "ratio", "threads", "open files"):
        shown.add_column(heading, justify="right")
    first: float | None = None
    for reports, pid in _reported():
        resident_mb = _status(pid, "VmRSS") * 1024 / 1e6
        first = first or resident_mb
        shown.add_row(
            f"{reports:,}",
            f"{resident_mb:.0f} MB",
            f"{resident_mb / first:.2f}",
            f"{_status(pid, 'Threads')}",
            f"{len([*Path(f'/proc/{pid}/fd').iterdir()])}",
        )
    return shown


def _reported() -> Iterator[tuple[int, int]]:
    """Yields the number of reports and the worker's process id at each number in REPORTS."""
    with (
        stand_in() as aws,
        workspace() as slack,
        tempfile.TemporaryDirectory() as folder,
        open_store(f"sqlite:///{folder}/soak.db") as store,
    ):
        now = datetime.now(UTC)
        for name in REPOSITORIES:
            seed_repository(aws["AWS_ENDPOINT_URL"], name, MANIFESTS, now=now)
        remote = WorkspaceClient(slack["SLACK_API_URL"].removesuffix("/api/"))
        remote.change_settings(limits=False)
        person = remote.add_user("ann")
        channel = remote.add_channel("cleanups", [person])
        settings = settings_file(Path(folder), "soak", {"expect_none": True})
        environment = {
            **aws,
            **slack,
            "ECR_CLEAN_CONFIG": str(settings),
            "DATABASE_URL": f"sqlite:///{folder}/soak.db",
            "XDG_CACHE_HOME": folder,
        }
        with _worker(environment) as pid:
            for made in range(AT_A_TIME, REPORTS[-1] + 1, AT_A_TIME):
                _make_reports(store, channel, person.id)
                if made in REPORTS:
                    yield made, pid


def _make_reports(store: Store, channel: str, user: str) -> None:
    for name in islice(cycle(REPOSITORIES), AT_A_TIME):
        payload = {"repository": name, "channel": channel, "user": user, "ts": ""}
        store.put_job(REPORT, payload, datetime.now(UTC))
    wait_until(lambda: not store.jobs_left(REPORT))


@contextmanager
def _worker(environment: Mapping[str, str]) -> Iterator[int]:
    """Runs the worker. Yields its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", _WORKER], env={**os.environ, **environment}
    ) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def _status(pid: int, name: str) -> int:
    """A value of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1])
