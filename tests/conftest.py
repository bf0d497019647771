"""Fixtures: a simulated AWS for each test, and the command line that uses it."""

import os
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.cli.main import main
from bot.playground.aws import AwsStandIn
from bot.process import tune_garbage_collection
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.inventory import Inventory, InventoryTaker
from tests.support import NO_SOURCES, NOW, Result, Run, Shelf, without_sources

settings.register_profile(
    "quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=75)
settings.load_profile("quick")

WORKERS_A_CORE = 1.5
"""Some tests wait for another process or for a database. Each worker collects all tests and starts
its own PostgreSQL."""

pytest_plugins = [
    "tests.aws_models",
    "tests.coverage_rooms",
    "tests.no_skips",
    "tests.sql_statements",
    "tests.cli.stored_plans",
]


def pytest_xdist_auto_num_workers() -> int:
    return ceil(WORKERS_A_CORE * (os.cpu_count() or 1))


def pytest_collection_finish() -> None:
    """Thousands of tests are objects that live until the end of the run."""
    tune_garbage_collection()


@pytest.fixture
def aws() -> Iterator[AwsStandIn]:
    with AwsStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def shelf(aws: AwsStandIn) -> Shelf:
    """The repository `team/api`, empty."""
    return Shelf(aws)


@pytest.fixture
def environment(aws: AwsStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Removes this machine's settings, and disables retries. Returns the working folder."""
    for name in os.environ:
        if name.startswith(("AWS_", "DATABASE_URL", "ECR_CLEAN_", "XDG_", "SLACK_")):
            monkeypatch.delenv(name)
    given = aws.environment() | {
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "HOME": str(tmp_path),
        "COLUMNS": "80",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ecr-clean.yml").write_text(NO_SOURCES)
    return tmp_path


@pytest.fixture
def run(environment: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ecr-clean` in this process."""
    del environment

    def run_it(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        said = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Result(left.value.code, said.out, said.err)

    return run_it


@pytest.fixture
def plan(run: Run) -> Run:
    """`ecr-clean plan --format json` on the repositories given, or on `team/api`."""

    def plan_it(*arguments: str) -> Result:
        return run("plan", "--format", "json", *(arguments or ("team/api",)))

    return plan_it


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables tenacity's pauses between attempts to read a cluster."""
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _seconds: None))


@pytest.fixture
def settings_file(environment: Path) -> Callable[[str], Path]:
    """Writes the settings file of the working folder. Disables usage sources that the text does not
    set."""

    def write(text: str) -> Path:
        file = environment / "ecr-clean.yml"
        file.write_text(without_sources(text))
        return file

    return write


@pytest.fixture
def registry(environment: Path) -> EcrRegistry:
    del environment
    return EcrRegistry(open_session())


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SqliteManifestCache]:
    with SqliteManifestCache(tmp_path / "manifests.db") as opened:
        yield opened


TakeInventory = Callable[[Shelf], Inventory]


@pytest.fixture
def take(aws: AwsStandIn, registry: EcrRegistry, cache: SqliteManifestCache) -> TakeInventory:
    """Takes the inventory of a repository, with the simulator's clock at noon."""
    aws.world.clock.set(NOW)
    taker = InventoryTaker(registry, cache, aws.world.clock.now, lambda *_: None)
    return lambda shelf: taker.take(shelf.id)
