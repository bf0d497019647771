"""Compares a scan of usage with bare listings of the same workloads, and plans many repositories.

Measures whole processes, one after another. The stand-ins count the calls.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from benchmarks.measure import Measured, measure, middle
from benchmarks.playground_servers import cluster, stand_in
from benchmarks.settings import ALL_OFF, settings_file
from bot.playground.control_client import ControlClient
from bot.playground.kubernetes import DEFAULT_TOKEN, ClusterAddress
from bot.playground.seed import seed_repository
from bot.playground.seed_kubernetes import (
    PODS_PER_TEAM,
    WORKLOADS_PER_TEAM,
    register_cluster_in_eks,
    seed_cluster,
    tagged_containers,
)
from bot.playground.seed_usage import WorkloadCounts, seed_workloads
from bot.usage.kubernetes.cluster_source import cluster_role

REPOSITORIES = 300
MANIFESTS = 40
WORKLOADS = WorkloadCounts(services=2_000, tasks=5_000, functions=500)
TEAMS = {"north": 67, "south": 67, "west": 66}
"""Numbers of teams, by cluster."""
RUNS = 3
UNBOUND = {"calls_per_second": 1_000_000}
"""The stand-in has no rate limits."""
BARE_AWS, BARE_CLUSTERS = "bare listing of AWS's workloads", "bare listing of the clusters"
TITLE = (
    f"{WORKLOADS.services:,} services, {WORKLOADS.tasks:,} tasks, "
    f"{WORKLOADS.functions:,} functions; "
    f"{WORKLOADS_PER_TEAM * sum(TEAMS.values()):,} workloads and "
    f"{PODS_PER_TEAM * sum(TEAMS.values()):,} pods in {len(TEAMS)} clusters; "
    f"{REPOSITORIES} repositories"
)
CAPTION = f"medians of {RUNS} runs; ratio: to the bare listing of the same workloads"


@dataclass(frozen=True, slots=True)
class Process:
    """`baseline`: the bare listing to compare with. `is_first`: it starts with an empty cache."""

    command: Sequence[str]
    baseline: str = ""
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    measured: Measured
    calls: Counter[str]


def table() -> Table:
    shown = Table(title=TITLE, caption=CAPTION)
    for heading in ("process", "seconds", "ratio", "CPU seconds", "MB", "calls", "most frequent"):
        shown.add_column(heading, justify="left" if heading == "process" else "right")
    with ExitStack() as stack:
        environment = stack.enter_context(stand_in())
        clusters = [stack.enter_context(cluster(name)) for name in TEAMS]
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = environment["AWS_ENDPOINT_URL"]
        repository = _seed(url, clusters)
        processes = _processes(Path(folder), repository, clusters)
        controls = [ControlClient(url), *(each.control for each in clusters)]
        runs = _in_turn(processes, controls, {**environment, "XDG_CACHE_HOME": folder})
    middles = {what: middle([run.measured for run in some]) for what, some in runs.items()}
    for what, process in processes.items():
        bare = middles.get(process.baseline)
        most = runs[what][-1].calls.most_common(2)
        shown.add_row(
            what,
            f"{middles[what].seconds:.2f}",
            f"{middles[what].seconds / bare.seconds:.2f}" if bare else "",
            f"{middles[what].cpu_seconds:.2f}",
            f"{middles[what].peak_mb:.0f}",
            f"{runs[what][-1].calls.total():,}",
            ", ".join(f"{call.rpartition('/')[2]} {number:,}" for call, number in most),
        )
    return shown


def _seed(url: str, clusters: Sequence[ClusterAddress]) -> str:
    """Returns the name of the first repository."""
    names = [f"bench/r{number:03}" for number in range(REPOSITORIES)]
    for name in names:
        seed_repository(url, name, MANIFESTS, now=datetime.now(UTC))
    seed_workloads(url, WORKLOADS, names)
    images = list(tagged_containers(url, names))
    for number, each in enumerate(clusters):
        seed_cluster(each, images[number :: len(clusters)], TEAMS[each.name])
        register_cluster_in_eks(url, each, cluster_role(()))
    return names[0]


def _processes(
    folder: Path, repository: str, clusters: Sequence[ClusterAddress]
) -> dict[str, Process]:
    listed = {"clusters": [{"name": each.name, "eks": each.name} for each in clusters]}
    off = settings_file(folder, "off", ALL_OFF)
    aws = settings_file(folder, "aws", {**UNBOUND, "kubernetes": False})
    kubernetes = settings_file(folder, "kubernetes", {**ALL_OFF, "kubernetes": listed})
    everything = settings_file(folder, "all", {**UNBOUND, "kubernetes": listed})
    one, many = "plan of 1", f"plan of {REPOSITORIES}"
    bare = [sys.executable, "-m"]
    scan = [*bare, "benchmarks.usage_scan", str(aws)]
    return {
        BARE_AWS: Process([*bare, "benchmarks.bare_usage_listing"]),
        "first scan of AWS's workloads": Process(scan, BARE_AWS, is_first=True),
        "second scan of AWS's workloads": Process(scan, BARE_AWS),
        BARE_CLUSTERS: Process(
            [*bare, "benchmarks.bare_cluster_listing", *_kubeconfigs(folder, clusters)]
        ),
        f"{one}, sources off": _plan(repository, off),
        f"{one}, AWS's on": _plan(repository, aws, BARE_AWS),
        f"{one}, Kubernetes on": _plan(repository, kubernetes, BARE_CLUSTERS),
        f"{one}, all on": _plan(repository, everything),
        f"{many}, sources off": _plan("*", off),
        f"{many}, all on": _plan("*", everything),
    }


def _plan(repositories: str, settings: Path, baseline: str = "") -> Process:
    plan = [sys.executable, "-m", "bot", "plan", repositories, "--format", "json"]
    return Process([*plan, "--config", str(settings)], baseline)


def _kubeconfigs(folder: Path, clusters: Sequence[ClusterAddress]) -> Iterator[str]:
    for each in clusters:
        file = folder / f"{each.name}.kubeconfig"
        file.write_text(json.dumps(each.kubeconfig(DEFAULT_TOKEN)))
        yield str(file)


def _in_turn(
    processes: Mapping[str, Process],
    controls: Sequence[ControlClient],
    environment: Mapping[str, str],
) -> dict[str, list[Run]]:
    """Runs all processes several times, after a first round that fills the caches."""
    rounds = [
        {what: _run(process, controls, environment) for what, process in processes.items()}
        for _ in range(1 + RUNS)
    ]
    return {what: [each[what] for each in rounds[1:]] for what in processes}


def _run(
    process: Process, controls: Sequence[ControlClient], environment: Mapping[str, str]
) -> Run:
    for control in controls:
        control.send("DELETE", "/calls", {})
    with tempfile.TemporaryDirectory() as empty:
        cache = {"XDG_CACHE_HOME": empty} if process.is_first else {}
        measured = measure(process.command, {**environment, **cache})
    calls: Counter[str] = Counter()
    for control in controls:
        calls.update(control.send("GET", "/calls", {})["counts"])
    return Run(measured, calls)
