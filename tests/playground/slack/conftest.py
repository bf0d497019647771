"""A workspace for each test, with two users, a channel, and optionally an app."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from bot.playground.slack import SimulatedUser, Workspace

from .helpers import Bot, client, manifest


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(manifest()) as workspace:
        yield workspace


@pytest.fixture
def web(slack: Workspace) -> WebClient:
    return client(slack)


@pytest.fixture
def ann(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("ann")


@pytest.fixture
def bob(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("bob")


@pytest.fixture
def general(slack: Workspace, ann: SimulatedUser, bob: SimulatedUser) -> str:
    return slack.remote.add_channel("general", [ann, bob])


@pytest.fixture
def bot(slack: Workspace) -> Iterator[Bot]:
    running = Bot(slack)
    running.start()
    yield running
    running.stop()
