"""Slack clients and the workspace, from the environment and the settings."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError

from bot.bootstrap.slack import (
    app_token,
    is_in_slack,
    open_client,
    open_client_without_retries,
    open_people,
    open_plan_messages,
    open_workspace,
    signing_secret,
)
from bot.core.errors import RequestError, ServiceError
from bot.playground.slack import APP_TOKEN, SIGNING_SECRET, TEAM_ID, CallFault, Workspace
from bot.settings.load import load_settings
from bot.slack.plan_messages import PlanMessages
from bot.store.store import Store
from tests.playground.slack.helpers import manifest
from tests.slack.support import in_workspace
from tests.store.support import HERE, THERE

Write = Callable[[str], Path]

SETTINGS = """
approval: {approvers: [U0000000001, S0000000001]}
reports:
- {repositories: [team/api], channel: "#cleanups", approvers: ["arn:aws:iam::123456789012:user/x"]}
- {repositories: [team/web], approvers: [S0000000002]}
"""


@pytest.fixture
def slack(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The stand-in of Slack, as the environment names it."""
    del environment
    with in_workspace(manifest(), monkeypatch) as opened:
        yield opened


@pytest.mark.usefixtures("environment")
def test_without_tokens() -> None:
    assert not is_in_slack()
    assert signing_secret() is None
    with pytest.raises(RequestError, match="SLACK_BOT_TOKEN is not set"):
        open_client()
    with pytest.raises(RequestError, match="SLACK_APP_TOKEN is not set"):
        app_token()


@pytest.mark.usefixtures("slack")
def test_with_tokens() -> None:
    assert is_in_slack()
    assert (app_token(), signing_secret()) == (APP_TOKEN, SIGNING_SECRET)


@pytest.mark.usefixtures("slack")
def test_an_invalid_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "file:///etc/passwd")
    with pytest.raises(RequestError, match="SLACK_API_URL is no http or https URL: file:"):
        open_client()


@pytest.mark.usefixtures("environment")
def test_the_default_url_is_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert open_client().base_url == "https://slack.com/api/"


def test_the_url_may_lack_a_slash_at_the_end(
    slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_API_URL", slack.api_url.removesuffix("/"))
    assert open_client().auth_test()["team_id"] == TEAM_ID


def test_a_client_without_retries_never_waits(slack: Workspace) -> None:
    slack.faults.add(CallFault(method="auth.test", error="ratelimited"))
    with pytest.raises(SlackApiError):
        open_client_without_retries().auth_test()


def test_channel_names_become_ids(slack: Workspace, settings_file: Write, own_store: Store) -> None:
    cleanups = slack.remote.add_channel("cleanups")
    settings_file(SETTINGS)
    workspace = open_workspace(load_settings(None), open_client())
    assert workspace.id == TEAM_ID
    rules = workspace.rules_of(HERE)
    assert (rules.channel, rules.workspace) == (cleanups, TEAM_ID)
    assert workspace.rules_of(THERE).channel is None
    assert isinstance(open_plan_messages(workspace, own_store), PlanMessages)


def test_user_groups_of_approvers(slack: Workspace, settings_file: Write) -> None:
    slack.remote.add_channel("cleanups")
    settings_file(SETTINGS)
    people = open_people(open_workspace(load_settings(None), open_client()))
    assert people._groups == ["S0000000001", "S0000000002"]


@pytest.mark.usefixtures("slack")
def test_an_unknown_channel(settings_file: Write) -> None:
    settings_file(SETTINGS)
    with pytest.raises(RequestError, match="The bot cannot see the channel #cleanups"):
        open_workspace(load_settings(None), open_client())


def test_a_revoked_token(slack: Workspace, settings_file: Write) -> None:
    settings_file(SETTINGS)
    slack.remote.post("/tokens/revoke", kind="bot")
    with pytest.raises(ServiceError, match=r"rejects the token \(token_revoked\)"):
        open_workspace(load_settings(None), open_client())
