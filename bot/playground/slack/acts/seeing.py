"""What one person sees of the workspace."""

from typing import Any

from bot.playground.slack.models import Channel, Message, User
from bot.playground.slack.state import State
from bot.playground.slack.wire import channel_json, message_json, view_as_seen

Json = dict[str, Any]


def sight(state: State, user: User) -> Json:
    """Channels with their messages and threads, ephemerals for this person, modals, the Home tab.

    The topmost modal is the last.
    """
    seen = [
        channel
        for channel in state.directory.channels.values()
        if state.directory.can_see(channel, user)
    ]
    home = state.views.home_of(user.id)
    return {
        "user": user.id,
        "channels": [_channel(state, channel, user) for channel in seen],
        "modals": [view_as_seen(state, view) for view in state.views.stack_of(user.id)],
        "home": view_as_seen(state, home) if home else None,
    }


def _channel(state: State, channel: Channel, user: User) -> Json:
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


def _message(state: State, message: Message, visible: list[Message]) -> Json:
    """A reply that was also sent to the channel stands in its thread alone."""
    replies = [
        _one(state, reply) for reply in visible if reply.is_reply and reply.thread_ts == message.ts
    ]
    return {**_one(state, message), "replies": replies}


def _one(state: State, message: Message) -> Json:
    return {**message_json(state, message), "ephemeral": message.only_for is not None}
