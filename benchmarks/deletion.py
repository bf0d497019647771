"""Compares `ecr-clean approve --wait` with bare BatchDeleteImage calls for the same digests.

Measures whole processes, one after another, each on its own repository with the same images. The
stand-in counts the calls. Scans of usage are off, since another benchmark measures them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.measure import Measured, measure, middle
from benchmarks.playground_servers import stand_in
from benchmarks.settings import ALL_OFF, settings_file
from bot.playground.control_client import ControlClient
from bot.playground.seed import seed_repository
from bot.store.store import open_store
from bot.usecases.deletion.batches import BATCHES_PER_ROUND, IMAGES_PER_BATCH
from tests.postgres import some_server

SIZES = (1_000, 10_000)
"""Numbers of images to delete."""
KEPT = [f"build-{number}-SNAPSHOT" for number in (1, 3, 7, 9, 11, 13, 17, 19, 21, 23)]
"""Tags of images that belong to no index."""
RUNS = 3
DELETION = "ecr:BatchDeleteImage"
COUNTED = (DELETION, "ecr:DescribeImages", "ecr:BatchGetImage", "ecr:ListImages")
BARE, SQLITE, POSTGRESQL = "bare", "with SQLite", "with PostgreSQL"
CAPTION = (
    f"medians of {RUNS} runs, {BATCHES_PER_ROUND} deletion calls at a time, with up to "
    f"{IMAGES_PER_BATCH} images each"
)


@dataclass(frozen=True, slots=True)
class Run:
    """`deletions`: the digests of each call."""

    measured: Measured
    calls: Counter[str]
    deletions: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Proposed:
    """`passes`: the digests of each pass. Parts of deleted images are in later passes."""

    plan: str
    digests: Sequence[str]
    passes: Sequence[Sequence[str]]


def table() -> Table:
    shown = Table(title="approve --wait", caption=CAPTION)
    shown.add_column("process")
    for heading in ("deleted", "s", "ratio", "MB"):
        shown.add_column(heading, justify="right")
    for heading in (*(call.removeprefix("ecr:") for call in COUNTED), "others"):
        shown.add_column(heading, justify="right", overflow="fold")
    with ExitStack() as stack:
        environment = stack.enter_context(stand_in())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = {SQLITE: f"sqlite:///{folder / 'bench.db'}"}
        open_store(databases[SQLITE]).close()
        if server := stack.enter_context(some_server()):
            databases[POSTGRESQL] = stack.enter_context(server.database(migrated=True))
        bench = Bench(folder, environment, databases)
        for size in SIZES:
            rounds = [bench.compare(size, f"{size}/{number}") for number in range(RUNS)]
            for what in rounds[0]:
                shown.add_row(*_row(what, size, rounds))
    if POSTGRESQL not in databases:
        shown.add_row("PostgreSQL is not installed")
    return shown


def _row(what: str, size: int, rounds: Sequence[Mapping[str, Run]]) -> Iterator[str]:
    runs = [each[what] for each in rounds]
    measured, bare = (middle([each[one].measured for each in rounds]) for one in (what, BARE))
    calls = runs[-1].calls
    yield from (what, f"{size:,}", f"{measured.seconds:.2f}")
    yield "" if what == BARE else f"{measured.seconds / bare.seconds:.2f}"
    yield f"{measured.peak_mb:.0f}"
    yield from (f"{calls[each]:,}" for each in COUNTED)
    yield f"{sum(number for call, number in calls.items() if call not in COUNTED):,}"


class Bench:
    """`databases`: URLs by the name of the row."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], databases: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._databases = databases
        self._now = datetime.now(UTC)
        nothing = folder / "nothing.txt"
        nothing.touch()
        settings = settings_file(
            folder,
            "deletion",
            {**ALL_OFF, "files": [str(nothing)], "expect_none": True},
            policies=[{"keep": [{"tags": KEPT}], "min_age": "0s"}],
            execution={"undo_window": "0s"},
        )
        self._environment = {
            **environment,
            "ECR_CLEAN_CONFIG": str(settings),
            "XDG_CACHE_HOME": str(folder),
        }
        self._url = environment["AWS_ENDPOINT_URL"]
        self._control = ControlClient(self._url)

    def compare(self, size: int, name: str) -> Mapping[str, Run]:
        """Runs each process once, on new repositories."""
        runs = {}
        for number, (what, database) in enumerate(self._databases.items()):
            repository, on = f"bench/{name}/{number}", {"DATABASE_URL": database}
            self._fill(repository, size)
            proposed = self._propose(repository, on)
            assert len(proposed.digests) == size
            runs[what] = self._delete(proposed, repository, on)
        repository = f"bench/{name}/bare"
        self._fill(repository, size)
        return {BARE: self._delete_bare(proposed.digests, repository), **runs}

    def _fill(self, repository: str, size: int) -> None:
        seed_repository(self._url, repository, size + len(KEPT), now=self._now)

    def _propose(self, repository: str, database: Mapping[str, str]) -> Proposed:
        command = [sys.executable, "-m", "bot", "propose", repository, "--format", "json"]
        environment = {**os.environ, **self._environment, **database}
        plan = json.loads(subprocess.check_output(command, env=environment))
        return Proposed(plan["plan"], plan["delete"], _passes(plan))

    def _delete(self, proposed: Proposed, repository: str, on: Mapping[str, str]) -> Run:
        command = [sys.executable, "-m", "bot", "approve", proposed.plan, "--wait"]
        run = self._run([*command, "--confirm", repository], on)
        _check_passes(run, proposed.passes)
        return run

    def _delete_bare(self, digests: Sequence[str], repository: str) -> Run:
        file = self._folder / "digests.txt"
        file.write_text("\n".join(digests))
        command = [sys.executable, "-m", "benchmarks.bare_deletion", repository, str(file)]
        return self._run([*command, str(BATCHES_PER_ROUND)], {})

    def _run(self, command: Sequence[str], on: Mapping[str, str]) -> Run:
        self._control.send("DELETE", "/calls", {})
        measured = measure(command, {**self._environment, **on})
        made = self._control.send("GET", "/calls", {})
        deletions = [
            [image["imageDigest"] for image in call["params"]["imageIds"]]
            for call in made["calls"]
            if call["operation"] == "BatchDeleteImage"
        ]
        return Run(measured, Counter(made["counts"]), deletions)


def _passes(proposed: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Parts of deleted images are in the second pass. No image here has parts of parts."""
    order = proposed["delete"]
    deleted = {*order}
    later = {image["digest"] for image in proposed["images"] if image["parent"] in deleted}
    return [d for d in order if d not in later], [d for d in order if d in later]


def _check_passes(run: Run, passes: Sequence[Sequence[str]]) -> None:
    """Checks that every digest was sent once, and each pass with as few calls as possible."""
    sent = iter(run.deletions)
    for digests in passes:
        calls = list(islice(sent, ceil(len(digests) / IMAGES_PER_BATCH)))
        assert sorted(chain.from_iterable(calls)) == sorted(digests), "a pass has too many calls"
    assert not list(sent), "a digest was sent twice"
