"""A workspace of its own for every test, and a store behind the bot."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from slack_sdk import WebClient

from bot.core.approval_rules import ApprovalRules
from bot.playground.slack import TEAM_ID, Person, Workspace
from bot.slack.plan_messages import PlanMessages, PlanMessagesSettings
from bot.store.store import Store, open_store
from bot.wiring import open_client
from tests.playground.slack.helpers import manifest
from tests.slack.support import in_workspace
from tests.store.support import migrated_sqlite, sqlite_url
from tests.support import NOW


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The environment leads there."""
    with in_workspace(manifest(), monkeypatch) as opened:
        yield opened


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    """As the bot has it."""
    del slack
    return open_client()


@pytest.fixture
def ann(slack: Workspace) -> Person:
    return slack.remote.add_person("ann")


@pytest.fixture
def releases(slack: Workspace, ann: Person) -> str:
    """The channel in which plans can be approved."""
    return slack.remote.add_channel("releases", [ann])


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
    """As every process has its own."""
    del slack
    rules = ApprovalRules((), 1, 1.0, TEAM_ID, releases)
    facts = PlanMessagesSettings(lambda _: rules, 0.10)
    return lambda store: PlanMessages(open_client(), store, facts, lambda: NOW)


@pytest.fixture
def plan_messages(make_plan_messages: MakePlanMessages, store: Store) -> PlanMessages:
    return make_plan_messages(store)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that slack_sdk waits before it tries again. Nobody really does."""
    waited: list[float] = []
    for module in ("builtin_handlers", "handler"):
        fake = SimpleNamespace(sleep=waited.append)
        monkeypatch.setattr(f"slack_sdk.http_retry.{module}.time", fake)
    return waited
