"""Payloads that the app receives for user actions.

docs.slack.dev/reference/interaction-payloads and /interactivity/implementing-slash-commands, read
on 2026-11-23.
"""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.blocks.traversal import ElementInBlock
from bot.playground.slack.directory import (
    ENTERPRISE_ID,
    ENTERPRISE_NAME,
    TEAM_DOMAIN,
    TEAM_ID,
)
from bot.playground.slack.field_values import Value
from bot.playground.slack.models import Channel, Message, SlackView, WorkspaceUser
from bot.playground.slack.slack_json import message_json, view_with_values
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.surfaces import Surface

Payload = dict[str, Any]

_TOKEN = "verification-token"  # noqa: S105 - deprecated, but still sent by Slack
_COPIED_KEYS = ("type", "text", "value", "style", "confirm", "targetholder")
_NAMES = {"private": "privategroup", "im": "directmessage"}


def command_payload(
    state: WorkspaceState,
    user: WorkspaceUser,
    channel: Channel,
    words: tuple[str, str],
    response_url: str,
) -> Payload:
    """`words`: the command, and the rest of the line."""
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": words[0],
        "text": words[1],
        "api_app_id": state.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": state.triggers.issue(user.id),
    }


def action_payload(
    state: WorkspaceState, surface: Surface, target: ElementInBlock, value: Value, response_url: str
) -> Payload:
    """Only actions on messages have a `response_url`."""
    answer = {"response_url": response_url} if isinstance(surface.container, Message) else {}
    return {
        **_common(state, "block_actions", surface.user),
        **_location(state, surface),
        **answer,
        "trigger_id": state.triggers.issue(surface.user.id, surface.view_id),
        "state": {"values": surface.values(state)},
        "actions": [_action(state, target, value)],
    }


def suggestion_payload(
    state: WorkspaceState, surface: Surface, target: ElementInBlock, text: str
) -> Payload:
    """In an organization, `user.team_id` is the organization: block_suggestion reference."""
    common = _common(state, "block_suggestion", surface.user)
    if surface.user.teams:
        common["user"] |= {"team_id": ENTERPRISE_ID}
    return {
        **common,
        **_location(state, surface),
        "action_id": target.action_id,
        "block_id": target.block_id,
        "value": text,
    }


def submission_payload(state: WorkspaceState, user: WorkspaceUser, view: SlackView) -> Payload:
    return {
        **_common(state, "view_submission", user),
        "trigger_id": state.triggers.issue(user.id, view.id),
        "view": view_with_values(state, view),
        "response_urls": [],
    }


def closing_payload(
    state: WorkspaceState, user: WorkspaceUser, view: SlackView, *, is_cleared: bool
) -> Payload:
    return {
        **_common(state, "view_closed", user),
        "view": view_with_values(state, view),
        "is_cleared": is_cleared,
    }


def event_payload(state: WorkspaceState, event: Mapping[str, Any]) -> Payload:
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": state.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": state.ids.new("Ev"),
        "event_time": state.seconds,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": state.app.user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def _common(state: WorkspaceState, kind: str, user: WorkspaceUser) -> Payload:
    """In an organization, `user.team_id` is the user's own workspace, not that of the action."""
    team, enterprise = {"id": TEAM_ID, "domain": TEAM_DOMAIN}, None
    if user.teams:
        team |= {"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME}
        enterprise = {"id": ENTERPRISE_ID, "name": ENTERPRISE_NAME}
    return {
        "type": kind,
        "token": _TOKEN,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": False,
        "api_app_id": state.app.id,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
    }


def _location(state: WorkspaceState, surface: Surface) -> Payload:
    """Container, channel and message, or view. Ephemeral messages are sent without content."""
    shown_on = surface.container
    if isinstance(shown_on, SlackView):
        return {
            "container": {"type": "view", "view_id": shown_on.id},
            "view": view_with_values(state, shown_on),
        }
    container = {
        "type": "message",
        "message_ts": shown_on.ts,
        "channel_id": shown_on.channel,
        "is_ephemeral": shown_on.only_for is not None,
        **({"thread_ts": shown_on.thread_ts} if shown_on.is_reply else {}),
    }
    channel = state.directory.channels[shown_on.channel]
    message = {} if shown_on.only_for is not None else {"message": message_json(state, shown_on)}
    return {
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        **message,
    }


def _channel_name(channel: Channel) -> str:
    return _NAMES.get(channel.kind, channel.name)


def _action(state: WorkspaceState, target: ElementInBlock, value: Value) -> Payload:
    element = target.element
    own = {name: element[name] for name in _COPIED_KEYS if name in element}
    return {
        **own,
        **value,
        "action_id": target.action_id,
        "block_id": target.block_id,
        "action_ts": state.ids.timestamp(),
    }
