"""What the app is sent when people act.

docs.slack.dev/reference/interaction-payloads and /interactivity/implementing-slash-commands, read
on 2026-11-23.
"""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.acts.surfaces import Surface
from bot.playground.slack.blocks.walking import Place
from bot.playground.slack.directory import (
    ENTERPRISE_ID,
    ENTERPRISE_NAME,
    TEAM_DOMAIN,
    TEAM_ID,
)
from bot.playground.slack.models import Channel, Message, User, View
from bot.playground.slack.state import State
from bot.playground.slack.values import Value
from bot.playground.slack.wire import message_json, view_as_seen

Payload = dict[str, Any]

_TOKEN = "verification-token"  # noqa: S105 - deprecated by Slack, and sent all the same
_OF_THE_ELEMENT = ("type", "text", "value", "style", "confirm", "placeholder")
_NAMES = {"private": "privategroup", "im": "directmessage"}


def command_payload(
    state: State, user: User, channel: Channel, words: tuple[str, str], response_url: str
) -> Payload:
    """`words` are the command and the rest of the line."""
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
    state: State, surface: Surface, place: Place, value: Value, response_url: str
) -> Payload:
    """`response_url` is told only of messages."""
    answer = {"response_url": response_url} if isinstance(surface.held, Message) else {}
    return {
        **_common(state, "block_actions", surface.user),
        **_whereabouts(state, surface),
        **answer,
        "trigger_id": state.triggers.issue(surface.user.id, surface.view_id),
        "state": {"values": surface.values(state)},
        "actions": [_action(state, place, value)],
    }


def suggestion_payload(state: State, surface: Surface, place: Place, text: str) -> Payload:
    """In an organization it names that as the user's team: reference, block_suggestion payload."""
    common = _common(state, "block_suggestion", surface.user)
    if surface.user.teams:
        common["user"] |= {"team_id": ENTERPRISE_ID}
    return {
        **common,
        **_whereabouts(state, surface),
        "action_id": place.action_id,
        "block_id": place.block_id,
        "value": text,
    }


def submission_payload(state: State, user: User, view: View) -> Payload:
    return {
        **_common(state, "view_submission", user),
        "trigger_id": state.triggers.issue(user.id, view.id),
        "view": view_as_seen(state, view),
        "response_urls": [],
    }


def closing_payload(state: State, user: User, view: View, *, is_cleared: bool) -> Payload:
    return {
        **_common(state, "view_closed", user),
        "view": view_as_seen(state, view),
        "is_cleared": is_cleared,
    }


def event_payload(state: State, event: Mapping[str, Any]) -> Payload:
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


def _common(state: State, kind: str, user: User) -> Payload:
    """In an organization `user.team_id` is the person's own workspace, wherever they act."""
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


def _whereabouts(state: State, surface: Surface) -> Payload:
    """Of an ephemeral message Slack tells where it is, but not what it says."""
    held = surface.held
    if isinstance(held, View):
        return {
            "container": {"type": "view", "view_id": held.id},
            "view": view_as_seen(state, held),
        }
    container = {
        "type": "message",
        "message_ts": held.ts,
        "channel_id": held.channel,
        "is_ephemeral": held.only_for is not None,
        **({"thread_ts": held.thread_ts} if held.is_reply else {}),
    }
    channel = state.directory.channels[held.channel]
    shown = {} if held.only_for is not None else {"message": message_json(state, held)}
    return {
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        **shown,
    }


def _channel_name(channel: Channel) -> str:
    return _NAMES.get(channel.kind, channel.name)


def _action(state: State, place: Place, value: Value) -> Payload:
    element = place.element
    own = {name: element[name] for name in _OF_THE_ELEMENT if name in element}
    return {
        **own,
        **value,
        "action_id": place.action_id,
        "block_id": place.block_id,
        "action_ts": state.ids.stamp(),
    }
