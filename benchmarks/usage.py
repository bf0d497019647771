"""A scan of usage against the bare listing of the same workloads, and a run over many repositories.

Whole processes. The stand-in counts the calls.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

from rich.table import Table

from benchmarks.planning import SOURCES_OFF
from benchmarks.process import Measured, measure, middle
from benchmarks.stand_in import stand_in
from bot.playground.seed import fill
from bot.playground.seed_usage import Crowd, fill_usage

REPOSITORIES = 300
MANIFESTS = 40
CROWD = Crowd(services=2_000, tasks=5_000, functions=500)
RUNS = 3


def table() -> Table:
    title = (
        f"{CROWD.services:,} services, {CROWD.tasks:,} tasks, {CROWD.functions:,} functions, "
        f"{REPOSITORIES} repositories"
    )
    shown = Table(title=title)
    for heading in ("process", "seconds", "MB", "calls", "of them most"):
        shown.add_column(heading, justify="left" if heading == "process" else "right")
    with stand_in() as environment, tempfile.TemporaryDirectory() as folder:
        url = environment["AWS_ENDPOINT_URL"]
        names = [f"bench/r{number:03}" for number in range(REPOSITORIES)]
        for name in names:
            fill(url, name, MANIFESTS, now=datetime.now(UTC))
        fill_usage(url, CROWD, names)
        off = Path(folder, "off.yml")
        off.write_text(SOURCES_OFF)
        plan = [sys.executable, "-m", "bot", "plan", "--format", "json"]
        processes = {
            "bare listing of workloads": [sys.executable, "-m", "benchmarks.bare_usage_listing"],
            "plan of 1 repository, sources off": [*plan, names[0], "--config", str(off)],
            "plan of 1 repository, sources on": [*plan, names[0]],
            f"plan of {REPOSITORIES} repositories, sources off": [*plan, "*", "--config", str(off)],
            f"plan of {REPOSITORIES} repositories, sources on": [*plan, "*"],
        }
        with_cache = {**environment, "XDG_CACHE_HOME": folder}
        for what, command in processes.items():
            measured, calls = _measure(command, with_cache)
            most = ", ".join(f"{call} {number:,}" for call, number in calls.most_common(2))
            shown.add_row(
                what,
                f"{measured.seconds:.2f}",
                f"{measured.peak_mb:.0f}",
                f"{calls.total():,}",
                most,
            )
    return shown


def _measure(command: list[str], environment: Mapping[str, str]) -> tuple[Measured, Counter[str]]:
    """The middle of several runs after one that fills the caches, and the calls of one run."""
    measure(command, environment)
    url = f"{environment['AWS_ENDPOINT_URL']}/_control/calls"
    urlopen(Request(url, method="DELETE")).close()
    runs = [measure(command, environment)]
    with urlopen(url) as answer:
        counts = Counter(json.load(answer)["counts"])
    runs += [measure(command, environment) for _ in range(RUNS - 1)]
    return middle(runs), counts
