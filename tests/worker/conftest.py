"""Fixtures: a worker in this process, with the stand-ins of AWS and Slack and a store."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.bootstrap.processes import Shutdown, this_worker
from bot.bootstrap.slack import open_client
from bot.playground.slack import SimulatedUser, Workspace
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.store.store import Store, open_store
from bot.worker.job_handlers import open_job_handlers
from bot.worker.job_queue import JobWorker
from bot.worker.slack_updates import SlackAccess, SlackUpdater
from tests.cli.stored_plans import LOOKED_AT
from tests.playground.slack.helpers import manifest
from tests.slack.support import in_workspace
from tests.worker.support import Office, Watch


@pytest.fixture
def slack(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The stand-in of Slack, as the environment names it. This process ignores its rate limits."""
    del environment
    monkeypatch.setattr("bot.slack.api.SECONDS_BETWEEN_POSTS", 0)
    with in_workspace(manifest(), monkeypatch) as opened:
        opened.remote.change_settings(limits=False)
        yield opened


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "ecr-clean.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def own_store(environment: Path, empty_database: Path) -> Iterator[Store]:
    """The store that commands use. Copying a file is faster than creating the tables."""
    folder = environment / "state" / "ecr-clean"
    folder.mkdir(parents=True)
    shutil.copy(empty_database, folder)
    with open_store(f"sqlite:///{folder}/ecr-clean.db") as opened:
        yield opened


@pytest.fixture
def ann(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("ann")


@pytest.fixture
def channel(slack: Workspace, ann: SimulatedUser) -> str:
    """The channel of all repositories."""
    return slack.remote.add_channel("cleanups", [ann])


WriteSettings = Callable[[str], Settings]


@pytest.fixture
def write_settings(settings_file: Callable[[str], Path], channel: str) -> WriteSettings:
    del channel

    def write(usage: str) -> Settings:
        settings_file(f"{usage}\nreports: [{{channel: '#cleanups'}}]\n")
        return load_settings(None)

    return write


@pytest.fixture
def settings(write_settings: WriteSettings) -> Settings:
    return write_settings(LOOKED_AT)


@pytest.fixture
def watch() -> Watch:
    return Watch()


MakeOffice = Callable[[Settings, Store], Office]


@pytest.fixture
def make_office(slack: Workspace, watch: Watch, channel: str, ann: SimulatedUser) -> MakeOffice:
    """Makes a worker with its own clients, like a worker process."""
    del slack

    def make(settings: Settings, store: Store) -> Office:
        shutdown, access = Shutdown(), SlackAccess(settings, store)
        handlers = open_job_handlers(settings, store, access, shutdown, watch)
        return Office(
            store=store,
            client=open_client(),
            channel=channel,
            person=ann,
            shutdown=shutdown,
            jobs=JobWorker(store, this_worker(), handlers, watch, shutdown, debug=False),
            updater=SlackUpdater(access, shutdown, debug=False),
            slack=access,
            watch=watch,
        )

    return make


@pytest.fixture
def office(make_office: MakeOffice, settings: Settings, own_store: Store) -> Office:
    return make_office(settings, own_store)
