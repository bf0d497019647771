"""Fixtures for tests of use cases. Each test has its own database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn
from bot.store.store import open_store
from tests.store.conftest import migrated_file
from tests.store.support import sqlite_url
from tests.usecases.aws_env import AwsEnv, make_aws_env
from tests.usecases.store_env import RacingStore, StoreEnv

__all__ = ["migrated_file"]


@pytest.fixture
def env(migrated_file: Path, tmp_path: Path) -> Iterator[StoreEnv]:
    url = sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))
    with RacingStore(url) as store, open_store(url) as theirs:
        yield StoreEnv(store, theirs)


@pytest.fixture
def aws_env(
    aws: AwsStandIn, environment: Path, migrated_file: Path, tmp_path: Path
) -> Iterator[AwsEnv]:
    del environment
    url = sqlite_url(shutil.copy(migrated_file, tmp_path / "store.db"))
    with open_store(url) as store:
        yield from make_aws_env(aws, store, tmp_path)
