"""Faults, the change feed, the clock, and the workspace as a process."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.playground.slack import (
    APP_TOKEN,
    CallFault,
    DeliveryFault,
    SimulatedUser,
    Workspace,
    WorkspaceClient,
)

from .helpers import client, error, http_get, manifest


def test_a_fault_can_limit_the_rate(slack: Workspace, general: str, web: WebClient) -> None:
    slack.remote.add_fault("chat.*", error="ratelimited", retry_after=7, times=2)
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel=general, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "7"
    assert error(web.chat_postMessage, channel=general, text="x") == "ratelimited"
    assert web.chat_postMessage(channel=general, text="x")["ok"]
    assert [call["status"] for call in slack.remote.calls("chat.postMessage")] == [429, 429, 200]


def test_slack_sdk_waits_for_retry_after(
    slack: Workspace, general: str, web: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("slack_sdk.http_retry.builtin_handlers.time.sleep", waited.append)
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    slack.remote.add_fault("chat.postMessage", error="ratelimited", retry_after=3)
    assert web.chat_postMessage(channel=general, text="x")["ok"]
    assert waited
    assert waited[0] >= 3


def test_other_faults(slack: Workspace, general: str, web: WebClient) -> None:
    slack.remote.add_fault("auth.test", error="account_inactive")
    assert error(web.auth_test) == "account_inactive"
    slack.remote.add_fault("auth.test", status=500)
    assert error(web.auth_test) == "fatal_error"
    slack.remote.add_fault("auth.test", body="<html>")
    with pytest.raises(SlackApiError, match="html"):
        web.auth_test()
    slack.remote.add_fault("chat.postMessage", arguments={"text": "a"}, error="fatal_error")
    assert web.chat_postMessage(channel=general, text="b")["ok"]
    assert error(web.chat_postMessage, channel=general, text="a") == "fatal_error"


@pytest.mark.parametrize(("cut", "posted"), [("before", 0), ("after", 1), ("body", 1)])
def test_cut_connections(
    slack: Workspace, ann: SimulatedUser, general: str, cut: str, posted: int
) -> None:
    slack.remote.add_fault("chat.postMessage", cut=cut)
    web = client(slack)
    web.retry_handlers.clear()
    with pytest.raises((OSError, HTTPException)):
        web.chat_postMessage(channel=general, text="x")
    assert len(ann.messages(general)) == posted
    [call] = slack.remote.calls("chat.postMessage")
    assert call["status"] is None


def test_faults_can_be_deleted(slack: Workspace, web: WebClient) -> None:
    slack.remote.add_fault("auth.test", error="fatal_error", times=None)
    slack.remote.add_delivery_fault(lost=True, times=None)
    slack.remote.delete("/faults")
    assert web.auth_test()["ok"]
    assert slack.delivery_faults.rule_for(None) is None


def test_faults_need_an_effect() -> None:
    with pytest.raises(ValueError, match="needs an effect"):
        CallFault(method="chat.*")
    with pytest.raises(ValueError, match="needs an effect"):
        DeliveryFault(kind="block_actions")


def test_the_feed_lists_changes(slack: Workspace, web: WebClient, general: str) -> None:
    last = slack.remote.changes()[-1]["number"]
    ts = web.chat_postMessage(channel=general, text="x")["ts"]
    web.chat_update(channel=general, ts=ts, text="y")
    web.chat_delete(channel=general, ts=ts)
    changes = slack.remote.changes(last)
    kinds = [change["kind"] for change in changes]
    assert kinds == ["message", "message_changed", "message_deleted"]
    assert [change["number"] for change in changes] == [last + 1, last + 2, last + 3]
    assert changes[0]["about"]["ts"] == ts


def test_the_feed_waits(slack: Workspace, web: WebClient, general: str) -> None:
    last = slack.remote.changes()[-1]["number"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slack.remote.changes, last, 30)
        web.chat_postMessage(channel=general, text="x")
        assert waiting.result(timeout=10)[0]["kind"] == "message"
    assert slack.remote.changes(last + 1) == []


def test_the_clock(slack: Workspace) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now() -> datetime:
        return datetime.fromisoformat(slack.remote.get("/clock")["now"])

    slack.remote.set_clock(now=at.isoformat())
    slack.remote.set_clock(advance=60)
    assert (now() - at).total_seconds() == 60
    slack.remote.set_clock()
    before = datetime.now(UTC)
    slack.remote.set_clock(shift=3600)
    assert 3600 <= (now() - before).total_seconds() < 3700


def test_timestamps_are_all_different(slack: Workspace, web: WebClient, general: str) -> None:
    slack.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC))
    stamps = [web.chat_postMessage(channel=general, text="x")["ts"] for _ in range(3)]
    assert stamps == ["1795435200.000000", "1795435200.000001", "1795435200.000002"]


@pytest.mark.usefixtures("general")
def test_the_workspace_can_be_read(slack: Workspace) -> None:
    shown = slack.remote.get("/workspace")
    assert shown["bot_user_id"] == slack.app.user_id
    assert [channel["name"] for channel in shown["channels"]] == ["general"]
    assert {user["name"] for user in shown["users"]} == {"cleaner", "ann", "bob"}
    assert "chat:write" in shown["manifest"]["scopes"]
    assert slack.remote.get("/bugs") == {"bugs": []}


def test_calls_are_counted(slack: Workspace, web: WebClient) -> None:
    web.auth_test()
    error(web.reactions_list)
    shown = slack.remote.get("/calls")
    assert shown["counts"] == {"auth.test": 1, "reactions.list": 1}
    assert [call["error"] for call in shown["calls"]] == [None, "unknown_method"]
    slack.remote.delete("/calls")
    slack.remote.delete("/deliveries")
    assert slack.remote.calls() == slack.remote.deliveries() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users", {}),
        ("/channels", {"name": "x", "members": ["U404"]}),
        ("/actions/command", {"user": "U404", "channel": "C404", "line": "/clean"}),
        ("/actions/use", {"user": "U404"}),
        ("/faults", {"method": "x", "color": "red"}),
        ("/deliveries/again", {"envelope_id": "x"}),
    ],
)
def test_the_control_api_rejects_invalid_requests(
    slack: Workspace, path: str, body: dict[str, Any]
) -> None:
    with pytest.raises(RuntimeError, match=path):
        slack.remote.post(path, **body)


def test_scopes_and_users_can_change(slack: Workspace, web: WebClient, ann: SimulatedUser) -> None:
    slack.remote.put("/scopes", bot=["users:read"], app=[])
    slack.remote.put("/users", user=ann.id, real_name="Ann A.")
    assert web.users_info(user=ann.id)["user"]["real_name"] == "Ann A."
    assert error(web.apps_connections_open, app_token=APP_TOKEN) == "missing_scope"
    assert error(web.chat_postMessage, channel=ann.id, text="x") == "missing_scope"


def test_channel_names_are_unique(slack: Workspace) -> None:
    slack.remote.add_channel("general")
    with pytest.raises(RuntimeError, match="channel general already exists"):
        slack.remote.add_channel("general")
    with pytest.raises(RuntimeError, match="unknown setting color"):
        slack.remote.change_settings(color="red")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"scopes": ["chat:write"]}, "slash commands need the scope `commands`"),
        ({"scopes": ["commands"]}, "the event app_mention needs the scope `app_mentions:read`"),
    ],
)
def test_invalid_manifests_are_rejected(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Workspace(manifest(**change))


def test_a_manifest_needs_a_bot_name() -> None:
    nameless = manifest()
    nameless["features"]["bot_user"] = {}
    with pytest.raises(ValueError, match="display_name"):
        Workspace(nameless)


def test_a_workspace_in_its_own_process(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yml"
    YAML().dump(manifest(), file)
    command = [sys.executable, "-m", "bot.playground.slack", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        environment = json.loads(process.stdout.readline())
        web = WebClient(environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"])
        assert web.auth_test()["user"] == "cleaner"
        remote = WorkspaceClient(environment["SLACK_API_URL"].removesuffix("/api/"))
        assert remote.add_user("ann").sees()["channels"] == []
        process.terminate()


def test_unknown_paths_are_not_found(slack: Workspace) -> None:
    assert http_get(f"{slack.url}/_control/nowhere").status_code == 404
    assert http_get(f"{slack.url}/nowhere").status_code == 404
