"""The manifest requests the scopes and events that the code uses, and no others."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import bot.bootstrap
import bot.slack
from bot.core.doctor_findings import SlackScope
from bot.playground.slack.app_manifest import read_manifest
from bot.playground.slack.methods.registry import METHODS
from bot.slack.app import register_listeners
from tests.slack.running_bot import MANIFEST

WRITTEN = YAML(typ="safe").load(MANIFEST.read_text())
SCOPES = frozenset(WRITTEN["oauth_config"]["scopes"]["bot"])

CALLED_BY_SDK = {"files_upload_v2": ("files.getUploadURLExternal", "files.completeUploadExternal")}
"""slack_sdk, WebClient."""

BY_KIND_OF_CHANNEL = {"conversations.list": {"channels:read", "groups:read"}}
"""For the kinds of `bot.slack.directory.CHANNEL_TYPES`."""

BY_FEATURE = {"commands", "chat:write.public"}
"""For the slash command, and for reports in public channels that the bot has not joined."""

Registered = list[tuple[str, str]]


def attributes() -> Iterator[str]:
    """The names of all methods that the code for Slack calls."""
    for package in (bot.slack, bot.bootstrap):
        for file in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield node.func.attr


def methods() -> set[str]:
    names = {name.replace(".", "_"): name for name in METHODS}
    found: set[str] = set()
    for attribute in attributes():
        found.update(CALLED_BY_SDK.get(attribute, ()))
        if attribute in names:
            found.add(names[attribute])
    return found


class Recorder:
    """Replaces the Bolt app, and records the registered listeners."""

    def __init__(self) -> None:
        self.registered: Registered = []

    def error(self, listener: Any) -> Any:
        return listener

    def __getattr__(self, surface: str) -> Any:
        def listens_to(constraint: Any, **_: Any) -> Any:
            self.registered.append((surface, getattr(constraint, "pattern", constraint)))
            return lambda listener: listener

        return listens_to


@pytest.fixture
def registered() -> Registered:
    recorder: Any = Recorder()
    register_listeners(recorder, None)  # type: ignore[arg-type]
    return list(recorder.registered)


def test_scopes_are_those_of_the_called_methods() -> None:
    needed = set(BY_FEATURE)
    for name in methods():
        scope = METHODS[name].scope if METHODS[name].token == "bot" else None
        needed |= BY_KIND_OF_CHANNEL.get(name, {scope} if scope else set())
    assert needed == SCOPES


def test_the_doctor_checks_the_same_scopes() -> None:
    assert set(SlackScope) == SCOPES


def test_called_methods_are_found() -> None:
    assert {"chat.update", "views.open", "users.info", "files.completeUploadExternal"} <= methods()


def test_every_feature_has_a_listener(registered: Registered) -> None:
    manifest = read_manifest(MANIFEST)
    listened_to = defaultdict(set)
    for surface, constraint in registered:
        listened_to[surface].add(constraint)
    assert listened_to["command"] == manifest.commands
    assert listened_to["event"] == manifest.events
    assert listened_to.keys() == {"command", "action", "view", "options", "event"}
    assert manifest.is_interactive
    assert manifest.is_socket_mode
    assert manifest.events == {
        constraint for surface, constraint in registered if surface == "event"
    }
    assert manifest.has_home_tab
    assert manifest.has_messages_tab


def test_the_manifest_has_no_unknown_keys() -> None:
    assert WRITTEN.keys() == {"display_information", "features", "oauth_config", "settings"}
    assert WRITTEN["features"].keys() == {"bot_user", "app_home", "slash_commands"}
    assert not WRITTEN["settings"]["org_deploy_enabled"]
    assert len(WRITTEN["display_information"]["description"]) <= 140
