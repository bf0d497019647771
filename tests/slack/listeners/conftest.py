"""An office for every test: the channel `releases` with ann and bob in it, and a guest."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.playground.slack import Person, Workspace
from bot.store.store import Store, open_store
from tests.slack.listeners.office import MANIFEST, PATIENCE, Clock, Office, office
from tests.slack.support import in_workspace


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """With the manifest that is shipped; the environment leads there. A busy machine is no reason
    to fail: how soon the bot acknowledges, `make bench` measures."""
    with in_workspace(MANIFEST, monkeypatch) as opened:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        opened.remote.change_settings(ack_timeout=PATIENCE)
        yield opened
        assert opened.remote.warnings() == []


@pytest.fixture
def bob(slack: Workspace) -> Person:
    return slack.remote.add_person("bob")


@pytest.fixture
def guest(slack: Workspace) -> Person:
    return slack.remote.add_person("guest", is_restricted=True)


@pytest.fixture
def releases(slack: Workspace, ann: Person, bob: Person, guest: Person) -> str:
    return slack.remote.add_channel("releases", [ann, bob, guest])


@pytest.fixture
def clock() -> Clock:
    return Clock()


OpenOffice = Callable[..., Office]


@pytest.fixture
def open_office(
    slack: Workspace, store_url: str, releases: str, clock: Clock
) -> Iterator[OpenOffice]:
    """With settings; each with its own connection to Slack and to the database."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> Office:
            store: Store = stack.enter_context(open_store(store_url))
            found = {"reports": [{"channel": "#releases"}], **_mild(settings)}
            return stack.enter_context(office(slack, store, found, releases, clock))

        yield opened


@pytest.fixture
def bot(open_office: OpenOffice) -> Office:
    return open_office()


def _mild(settings: dict[str, Any]) -> dict[str, Any]:
    """Nobody has to type anything unless a test wants it."""
    approval = {"type_to_confirm_over": "100%", **settings.get("approval", {})}
    return {**settings, "approval": approval}
