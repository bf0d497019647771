"""Compares `ecr-clean plan --format json` with the bare boto3 listing of the same repository.

Measures whole processes, one after another. The stand-in caches the rendered pages of a listing, so
that its own time does not lower the ratio.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from benchmarks.measure import Measured, measure, middle
from benchmarks.playground_servers import stand_in
from benchmarks.settings import ALL_OFF, settings_file
from bot.playground.seed import seed_repository

SIZES = (1_000, 20_000, 100_000)
RUNS = 5
GOALS = "goals: warm at most 1.5 times the listing at 20,000; linear growth; under 300 MB"


@dataclass(frozen=True, slots=True)
class Compared:
    manifests: int
    bare: Measured
    cold: Measured
    warm: Measured


def table() -> Table:
    shown = Table(title="plan --format json", caption=GOALS)
    for heading in ("manifests", "listing", "cold", "ratio", "warm", "ratio", "MB cold", "MB warm"):
        shown.add_column(heading, justify="right")
    for row in _compare():
        shown.add_row(
            f"{row.manifests:,}",
            f"{row.bare.seconds:.2f} s",
            f"{row.cold.seconds:.2f} s",
            f"{row.cold.seconds / row.bare.seconds:.2f}",
            f"{row.warm.seconds:.2f} s",
            f"{row.warm.seconds / row.bare.seconds:.2f}",
            f"{row.cold.peak_mb:.0f}",
            f"{row.warm.peak_mb:.0f}",
        )
    return shown


def _compare() -> Iterator[Compared]:
    """Usage sources are off, since another benchmark measures them."""
    with stand_in() as environment, tempfile.TemporaryDirectory() as folder:
        off = settings_file(Path(folder), "off", ALL_OFF)
        for manifests in SIZES:
            repository = f"bench/n{manifests}"
            seed_repository(
                environment["AWS_ENDPOINT_URL"], repository, manifests, now=datetime.now(UTC)
            )
            cache = Path(folder, str(manifests))
            own = {"XDG_CACHE_HOME": str(cache), "ECR_CLEAN_CONFIG": str(off)}
            yield _compare_one(repository, manifests, {**environment, **own})


def _compare_one(repository: str, manifests: int, environment: dict[str, str]) -> Compared:
    bare = [sys.executable, "-m", "benchmarks.bare_listing", repository]
    plan = [sys.executable, "-m", "bot", "plan", repository, "--format", "json"]
    measure(bare, environment)
    cold = measure(plan, environment)
    measure(plan, environment)
    pairs = [(measure(bare, environment), measure(plan, environment)) for _ in range(RUNS)]
    return Compared(
        manifests,
        bare=middle([listing for listing, _ in pairs]),
        cold=cold,
        warm=middle([planned for _, planned in pairs]),
    )
