"""Finds the channels that the bot can see."""

from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.registry import MethodCall
from bot.playground.slack.models import Channel

KINDS = {"public_channel": "public", "private_channel": "private", "im": "im"}
SCOPES = {"public": "channels", "private": "groups", "im": "im"}


def scope_for(channel: Channel, verb: str) -> str:
    """A scope like `groups:history`."""
    return f"{SCOPES[channel.kind]}:{verb}"


def is_member(call: MethodCall, channel: Channel) -> bool:
    return call.state.app.user_id in channel.members


def visible_channel(call: MethodCall, channel_id: str | None = None) -> Channel:
    """The channel with this ID, or by the argument `channel`; raises SlackError.

    The bot cannot see private channels that it is not in.
    """
    channel = call.state.directory.channels.get(channel_id or call.arguments.required("channel"))
    if channel is None or (channel.kind != "public" and not is_member(call, channel)):
        raise SlackError("channel_not_found")
    return channel


def joined_channel(call: MethodCall, channel_id: str | None = None) -> Channel:
    """A channel that the bot is in; raises SlackError."""
    channel = visible_channel(call, channel_id)
    if not is_member(call, channel):
        raise SlackError("not_in_channel")
    return channel


def channel_to_post_in(call: MethodCall) -> Channel:
    """By channel ID, channel name, or user ID for direct messages; raises SlackError.

    Without membership, a public channel needs `chat:write.public`.
    """
    channel = _channel_by_address(call)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not is_member(call, channel) and "chat:write.public" not in call.token.scopes:
        raise SlackError("not_in_channel")
    if channel.kind == "im" and not call.state.app.manifest.has_messages_tab:
        raise SlackError("messages_tab_disabled")
    return channel


def _channel_by_address(call: MethodCall) -> Channel:
    directory, address = call.state.directory, call.arguments.required("channel")
    if address in directory.users:
        return directory.im_with(address, call.state.seconds)
    for channel in directory.channels.values():
        is_meant = channel.id == address or channel.name == address.removeprefix("#") != ""
        if is_meant and (channel.kind == "public" or is_member(call, channel)):
            return channel
    raise SlackError("channel_not_found")
