"""What tests of remembered plans and pins share: a repository to clean, people, databases."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.playground.aws import StandIn
from bot.store.store import Store, open_store
from tests.postgres import Server, postgresql
from tests.support import Run, Shelf, others_off

__all__ = ["postgresql"]

ANN = "arn:aws:iam::123456789012:user/demo"
"""Whoever runs the command."""

LOOKED_AT = f"usage: {{{others_off('files')}, files: [/dev/null], expect_none: true}}\n"
"""One source is looked at, so that plans can be approved."""

BOB = "arn:aws:iam::123456789012:user/bob"

Write = Callable[[str], Path]


def proposed(run: Run, name: str = "team/api") -> str:
    """The plan's id."""
    return str(run("propose", name, "--format", "json").plan["plan"])


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With all tables: to make them anew takes as long as everything else that a command does."""
    file = tmp_path_factory.mktemp("empty") / "ecr-clean.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def own_database(environment: Path, empty_database: Path) -> Path:
    """The one that the command uses, made just now."""
    file = environment / "state" / "ecr-clean" / "ecr-clean.db"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(empty_database, file)
    with closing(sqlite3.connect(file)) as opened, opened:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        opened.execute("UPDATE about SET made_at = ?", [now])
    return file


@pytest.fixture
def first_releases(shelf: Shelf, settings_file: Write) -> Shelf:
    """`team/api` with 13 releases, of which 1.0, 1.1 and 1.2 go, before anybody made a database."""
    settings_file(LOOKED_AT)
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    return shelf


@pytest.fixture
def releases(first_releases: Shelf, own_database: Path) -> Shelf:
    """The same, with a database."""
    del own_database
    return first_releases


class Remembered:
    """Databases after what several tests begin with, which is done once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: dict[str, str] = {}

    def after(self, name: str, database: Path, act: Callable[[], str]) -> str:
        """The id that it answers, of a plan."""
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
    """Its id: it deletes 3 of the 13 manifests of `releases`."""
    name = releases.id.name
    return remembered.after("open plan", own_database, lambda: proposed(run, name))


@pytest.fixture
def bob(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, the credentials are Bob's."""
    aws.world.identities.add_user("bobs-key", "bob")
    return lambda: monkeypatch.setenv("AWS_ACCESS_KEY_ID", "bobs-key")


@pytest.fixture
def own_store(own_database: Path) -> Iterator[Store]:
    """The one that the command uses."""
    with open_store(f"sqlite:///{own_database}") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty one, which DATABASE_URL names."""
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
