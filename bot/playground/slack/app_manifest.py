"""The app manifest: names, scopes, commands, events and features of the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "member_joined_channel": "channels:read",
}


@dataclass(frozen=True, kw_only=True)
class SlashCommandHint:
    """The hint that Slack shows while a user types a slash command."""

    command: str
    description: str
    usage_hint: str


@dataclass(frozen=True, kw_only=True)
class AppManifest:
    """The parts of an app manifest that the stand-in uses."""

    name: str
    bot_name: str
    scopes: frozenset[str]
    commands: frozenset[str]
    events: frozenset[str]
    is_interactive: bool
    is_socket_mode: bool
    has_home_tab: bool
    has_messages_tab: bool
    is_messages_tab_read_only: bool
    command_hints: tuple[SlashCommandHint, ...]


def read_manifest(given: Mapping[str, Any] | Path) -> AppManifest:
    """Raises ValueError for a manifest that Slack would reject."""
    document = _load(given) if isinstance(given, Path) else given
    features, settings = document.get("features", {}), document.get("settings", {})
    home = features.get("app_home", {})
    manifest = AppManifest(
        name=document["display_information"]["name"],
        bot_name=features.get("bot_user", {}).get("display_name", ""),
        scopes=frozenset(document.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        commands=frozenset(each["command"] for each in features.get("slash_commands", ())),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        is_interactive=settings.get("interactivity", {}).get("is_enabled", False),
        is_socket_mode=settings.get("socket_mode_enabled", False),
        has_home_tab=home.get("home_tab_enabled", False),
        has_messages_tab=home.get("messages_tab_enabled", True),
        is_messages_tab_read_only=home.get("messages_tab_read_only_enabled", False),
        command_hints=tuple(map(_command_hint, features.get("slash_commands", ()))),
    )
    _check(manifest)
    return manifest


def _command_hint(given: Mapping[str, Any]) -> SlashCommandHint:
    return SlashCommandHint(
        command=given["command"],
        description=given.get("description", ""),
        usage_hint=given.get("usage_hint", ""),
    )


def _load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text())


def _check(manifest: AppManifest) -> None:
    if not manifest.bot_name:
        raise ValueError("the manifest has no features.bot_user.display_name")
    if manifest.commands and "commands" not in manifest.scopes:
        raise ValueError(
            "slash commands need the scope `commands`: add it to oauth_config.scopes.bot"
        )
    for event in sorted(manifest.events):
        scope = _SCOPE_OF_EVENT.get(event)
        if scope is not None and scope not in manifest.scopes:
            raise ValueError(
                f"the event {event} needs the scope `{scope}`: add it to oauth_config.scopes.bot"
            )
