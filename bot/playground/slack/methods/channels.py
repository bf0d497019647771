"""Finding channels as the bot sees them."""

from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.registry import Ask
from bot.playground.slack.models import Channel

KINDS = {"public_channel": "public", "private_channel": "private", "im": "im"}
SCOPES = {"public": "channels", "private": "groups", "im": "im"}


def scope_for(channel: Channel, verb: str) -> str:
    """Like `groups:history`."""
    return f"{SCOPES[channel.kind]}:{verb}"


def is_member(ask: Ask, channel: Channel) -> bool:
    return ask.state.app.user_id in channel.members


def visible_channel(ask: Ask, channel_id: str | None = None) -> Channel:
    """By the argument `channel`, unless an id is given; raises SlackError.

    A private channel that the bot is not in does not exist for it.
    """
    channel = ask.state.directory.channels.get(channel_id or ask.arguments.required("channel"))
    if channel is None or (channel.kind != "public" and not is_member(ask, channel)):
        raise SlackError("channel_not_found")
    return channel


def joined_channel(ask: Ask, channel_id: str | None = None) -> Channel:
    """Raises SlackError."""
    channel = visible_channel(ask, channel_id)
    if not is_member(ask, channel):
        raise SlackError("not_in_channel")
    return channel


def channel_to_post_in(ask: Ask) -> Channel:
    """By id, by name, or a person's own conversation with the bot; raises SlackError.

    Outside of a channel, a public one needs `chat:write.public`.
    """
    channel = _addressed(ask)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not is_member(ask, channel) and "chat:write.public" not in ask.token.scopes:
        raise SlackError("not_in_channel")
    if channel.kind == "im" and not ask.state.app.manifest.has_messages_tab:
        raise SlackError("messages_tab_disabled")
    return channel


def _addressed(ask: Ask) -> Channel:
    directory, address = ask.state.directory, ask.arguments.required("channel")
    if address in directory.users:
        return directory.im_with(address, ask.state.seconds)
    for channel in directory.channels.values():
        is_meant = channel.id == address or channel.name == address.removeprefix("#") != ""
        if is_meant and (channel.kind == "public" or is_member(ask, channel)):
            return channel
    raise SlackError("channel_not_found")
