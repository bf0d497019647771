"""The content of the workspace that one user sees."""

from typing import Any

from bot.playground.slack.models import Channel, Message, WorkspaceUser
from bot.playground.slack.slack_json import channel_json, message_json, view_with_values
from bot.playground.slack.state import WorkspaceState

Json = dict[str, Any]


def visible_content(state: WorkspaceState, user: WorkspaceUser) -> Json:
    """Channels with messages and threads, the user's ephemeral messages, modals and Home tab.

    The topmost modal is last.
    """
    channels = [
        channel
        for channel in state.directory.channels.values()
        if state.directory.can_see(channel, user)
    ]
    home = state.views.home_of(user.id)
    return {
        "user": user.id,
        "channels": [_channel(state, channel, user) for channel in channels],
        "modals": [view_with_values(state, view) for view in state.views.stack_of(user.id)],
        "home": view_with_values(state, home) if home else None,
    }


def _channel(state: WorkspaceState, channel: Channel, user: WorkspaceUser) -> Json:
    visible = [
        message
        for message in state.messages.of_channel(channel.id)
        if message.only_for in (None, user.id)
    ]
    return {
        **channel_json(state, channel),
        "kind": channel.kind,
        "joined": user.id in channel.members,
        "messages": [
            _message(state, message, visible) for message in visible if not message.is_reply
        ],
    }


def _message(state: WorkspaceState, message: Message, visible: list[Message]) -> Json:
    """A message with its replies. Replies are shown only in the thread."""
    replies = [
        _message_json(state, reply)
        for reply in visible
        if reply.is_reply and reply.thread_ts == message.ts
    ]
    return {**_message_json(state, message), "replies": replies}


def _message_json(state: WorkspaceState, message: Message) -> Json:
    return {**message_json(state, message), "ephemeral": message.only_for is not None}
