"""Fixtures: a workspace for each test, with users, the channel `releases` and a running bot."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.bootstrap.slack import open_client
from bot.core.policy import ApprovalRules
from bot.playground.slack import TEAM_ID, SimulatedUser, Workspace
from bot.slack.plan_messages import PlanMessages, PlanMessagesSettings
from bot.store.store import Store, open_store
from tests.slack.running_bot import MANIFEST, TIMEOUT, Clock, RunningBot, run_bot
from tests.slack.support import in_workspace
from tests.store.support import migrated_sqlite, sqlite_url
from tests.support import NOW, PRICES


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the product's manifest; sets the environment for it. Waits long for
    acknowledgements, since the machine may be busy; `make bench` measures them."""
    with in_workspace(MANIFEST, monkeypatch) as opened:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        opened.remote.change_settings(ack_timeout=TIMEOUT)
        yield opened


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    """The bot's client."""
    del slack
    return open_client()


@pytest.fixture
def ann(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("ann")


@pytest.fixture
def bob(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("bob")


@pytest.fixture
def guest(slack: Workspace) -> SimulatedUser:
    return slack.remote.add_user("guest", is_restricted=True)


@pytest.fixture
def releases(slack: Workspace, ann: SimulatedUser, bob: SimulatedUser, guest: SimulatedUser) -> str:
    """The channel in which plans can be approved."""
    return slack.remote.add_channel("releases", [ann, bob, guest])


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    file = tmp_path / "store.db"
    file.write_bytes(migrated_sqlite())
    return sqlite_url(file)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


MakePlanMessages = Callable[[Store], PlanMessages]


@pytest.fixture
def make_plan_messages(slack: Workspace, releases: str) -> MakePlanMessages:
    """Makes one `PlanMessages` for each process."""
    del slack
    rules = ApprovalRules((), 1, 1.0, TEAM_ID, releases)
    settings = PlanMessagesSettings(lambda _: rules, lambda: PRICES, timedelta(minutes=5))
    return lambda store: PlanMessages(open_client(), store, settings, lambda: NOW)


@pytest.fixture
def plan_messages(make_plan_messages: MakePlanMessages, store: Store) -> PlanMessages:
    return make_plan_messages(store)


@pytest.fixture
def clock() -> Clock:
    return Clock()


StartBot = Callable[..., RunningBot]


@pytest.fixture
def start_bot(slack: Workspace, store_url: str, releases: str, clock: Clock) -> Iterator[StartBot]:
    """Takes settings. Each bot has its own connection to Slack and to the database. The bot
    sends nothing that Slack warns of."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> RunningBot:
            store: Store = stack.enter_context(open_store(store_url))
            found = {"reports": [{"channel": "#releases"}], **_without_typing(settings)}
            return stack.enter_context(run_bot(slack, store, found, releases, clock))

        yield opened
    assert slack.remote.warnings() == []


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    return start_bot()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that slack_sdk would wait before retries."""
    waited: list[float] = []
    for module in ("builtin_handlers", "handler"):
        fake = SimpleNamespace(sleep=waited.append)
        monkeypatch.setattr(f"slack_sdk.http_retry.{module}.time", fake)
    return waited


def _without_typing(settings: dict[str, Any]) -> dict[str, Any]:
    """Approvers type no repository name unless the settings require it."""
    approval = {"type_to_confirm_over": "100%", **settings.get("approval", {})}
    return {**settings, "approval": approval}
