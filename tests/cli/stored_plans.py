"""Shared parts of tests of stored plans and pins: a repository to clean, people, databases."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn
from bot.store.store import Store, open_store
from tests.postgres import Server, postgresql
from tests.support import Run, Shelf, others_off

__all__ = ["postgresql"]

ANN = "arn:aws:iam::123456789012:user/demo"
"""The identity that runs the command."""

LOOKED_AT = f"usage: {{{others_off('files')}, files: [/dev/null], expect_none: true}}\n"
"""Settings with one usage source, so that plans can be approved."""

BOB = "arn:aws:iam::123456789012:user/bob"

Write = Callable[[str], Path]


def proposed(run: Run, name: str = "team/api") -> str:
    """The ID of the plan."""
    return str(run("propose", name, "--format", "json").plan["plan"])


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables. Creating the tables takes as long as the rest of a command."""
    file = tmp_path_factory.mktemp("empty") / "ecr-clean.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def own_database(environment: Path, empty_database: Path) -> Path:
    """The database of the command, newly created."""
    file = environment / "state" / "ecr-clean" / "ecr-clean.db"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(empty_database, file)
    with closing(sqlite3.connect(file)) as opened, opened:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        opened.execute("UPDATE about SET made_at = ?", [now])
    return file


@pytest.fixture
def first_releases(shelf: Shelf, settings_file: Write) -> Shelf:
    """`team/api` with 13 releases, of which 1.0, 1.1 and 1.2 are to delete, without a database."""
    settings_file(LOOKED_AT)
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    return shelf


@pytest.fixture
def releases(first_releases: Shelf, own_database: Path) -> Shelf:
    """`first_releases` with a database."""
    del own_database
    return first_releases


class Remembered:
    """Databases after the first steps of several tests, which run only once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: dict[str, str] = {}

    def after(self, name: str, database: Path, act: Callable[[], str]) -> str:
        """The ID that `prepare` returns, such as a plan's."""
        kept = self._folder / f"{name}.db"
        if name not in self._ids:
            self._ids[name] = act()
            shutil.copy(database, kept)
        shutil.copy(kept, database)
        return self._ids[name]


@pytest.fixture(scope="session")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Remembered:
    return Remembered(tmp_path_factory.mktemp("remembered"))


@pytest.fixture
def open_plan(run: Run, releases: Shelf, own_database: Path, remembered: Remembered) -> str:
    """The ID of a plan that deletes 3 of the 13 manifests of `releases`."""
    name = releases.id.name
    return remembered.after("open plan", own_database, lambda: proposed(run, name))


@pytest.fixture
def bob(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, the credentials are Bob's."""
    aws.world.identities.add_user("bobs-key", "bob")
    return lambda: monkeypatch.setenv("AWS_ACCESS_KEY_ID", "bobs-key")


@pytest.fixture
def own_store(own_database: Path) -> Iterator[Store]:
    """The database of the command."""
    with open_store(f"sqlite:///{own_database}") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty database in DATABASE_URL."""
    if request.param == "sqlite":
        url = f"sqlite:///{environment}/elsewhere/store.db"
        monkeypatch.setenv("DATABASE_URL", url)
        yield url
        return
    server = request.getfixturevalue("postgresql")
    assert isinstance(server, Server)
    with server.database(migrated=False) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url
