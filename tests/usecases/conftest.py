"""Every use case against a database of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.aws import StandIn
from bot.store.store import open_store
from tests.store.conftest import migrated_file
from tests.store.support import sqlite_url
from tests.usecases.scene import BeatenStore, Scene
from tests.usecases.site import Site, make_site

__all__ = ["migrated_file"]


@pytest.fixture
def scene(migrated_file: Path, tmp_path: Path) -> Iterator[Scene]:
    url = sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))
    with BeatenStore(url) as store, open_store(url) as theirs:
        yield Scene(store, theirs)


@pytest.fixture
def site(aws: StandIn, environment: Path, migrated_file: Path, tmp_path: Path) -> Iterator[Site]:
    del environment
    url = sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))
    with open_store(url) as store:
        yield from make_site(aws, store, tmp_path)
