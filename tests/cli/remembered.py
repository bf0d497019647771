"""What tests of remembered plans and pins share: a repository to clean, people, databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.playground.aws import StandIn
from bot.store.store import SqlStore, open_store
from tests.postgres import Server, postgresql
from tests.support import Shelf, others_off

__all__ = ["postgresql"]

ANN = "arn:aws:iam::123456789012:user/demo"
"""Whoever runs the command."""

LOOKED_AT = f"usage: {{{others_off('files')}, files: [/dev/null], expect_none: true}}\n"
"""One source is looked at, so that plans can be approved."""

BOB = "arn:aws:iam::123456789012:user/bob"

Write = Callable[[str], Path]


@pytest.fixture
def releases(shelf: Shelf, settings_file: Write) -> Shelf:
    """`team/api` with 13 releases, of which 1.0, 1.1 and 1.2 go."""
    settings_file(LOOKED_AT)
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    return shelf


@pytest.fixture
def bob(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, the credentials are Bob's."""
    aws.world.identities.add_user("bobs-key", "bob")
    return lambda: monkeypatch.setenv("AWS_ACCESS_KEY_ID", "bobs-key")


@pytest.fixture
def own_store(environment: Path) -> Iterator[SqlStore]:
    """The one that the command uses, made by us."""
    with open_store(f"sqlite:///{environment}/state/ecr-clean/ecr-clean.db") as opened:
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
