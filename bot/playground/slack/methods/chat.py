"""chat.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from dataclasses import replace

from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import PER_CHANNEL, SPECIAL, TIER_3, TIER_4
from bot.playground.slack.methods.channels import (
    channel_to_post_in,
    joined_channel,
    visible_channel,
)
from bot.playground.slack.methods.registry import Answer, Ask, method
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.posting import Content, read_content
from bot.playground.slack.wire import PERMALINKS, message_json

_CONTENT = "channel text blocks attachments metadata link_names parse"


@method(
    "chat.postMessage",
    SPECIAL,
    scope="chat:write",
    takes=f"{_CONTENT} thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn",
)
def post_message(ask: Ask) -> Answer:
    channel = channel_to_post_in(ask)
    content = read_content(ask.arguments, ask.state.ids)
    thread_ts = _thread(ask, channel)
    ask.state.limits.take(f"messages in {channel.id}", PER_CHANNEL)
    _notice_missing_text(ask, "chat.postMessage", content)
    message = ask.state.messages.put(
        replace(
            _message(ask, channel, content),
            thread_ts=thread_ts,
            reply_broadcast=ask.arguments.flag("reply_broadcast"),
        )
    )
    return _about(ask, message)


@method("chat.postEphemeral", TIER_4, scope="chat:write", takes=f"{_CONTENT} user thread_ts")
def post_ephemeral(ask: Ask) -> Answer:
    """The bot has to be in the channel, and so has the person."""
    channel = joined_channel(ask)
    if channel.is_archived:
        raise SlackError("is_archived")
    user = ask.arguments.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(ask.arguments, ask.state.ids)
    _notice_missing_text(ask, "chat.postEphemeral", content)
    thread_ts = _thread(ask, channel)
    message = ask.state.messages.put(
        replace(_message(ask, channel, content), thread_ts=thread_ts, only_for=user)
    )
    return {"message_ts": message.ts}


@method("chat.update", TIER_3, scope="chat:write", takes=f"{_CONTENT} ts reply_broadcast as_user")
def update(ask: Ask) -> Answer:
    """Text without blocks removes the blocks, and without attachments those stay."""
    message = _own_message(ask, "cant_update_message")
    if ask.state.directory.channels[message.channel].is_archived:
        raise SlackError("is_inactive")
    content = read_content(ask.arguments, ask.state.ids)
    _notice_missing_text(ask, "chat.update", content)
    attachments = message.attachments if content.attachments is None else content.attachments
    changed = replace(
        message,
        text=content.text,
        blocks=content.blocks or (),
        attachments=attachments,
        metadata=message.metadata if content.metadata is None else content.metadata,
        edited_ts=ask.state.ids.stamp(),
    )
    return {"text": changed.text, **_about(ask, ask.state.messages.put(changed))}


@method("chat.delete", TIER_3, scope="chat:write", takes="channel ts as_user")
def delete(ask: Ask) -> Answer:
    message = _own_message(ask, "cant_delete_message")
    ask.state.messages.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", SPECIAL, takes="channel message_ts")
def get_permalink(ask: Ask) -> Answer:
    channel = visible_channel(ask)
    message = ask.state.messages.find(channel.id, ask.arguments.required("message_ts"))
    if message is None or message.only_for is not None:
        raise SlackError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    link = f"{PERMALINKS}/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _message(ask: Ask, channel: Channel, content: Content) -> Message:
    return Message(
        channel=channel.id,
        ts=ask.state.ids.stamp(),
        user=ask.state.app.user_id,
        text=content.text,
        blocks=content.blocks or (),
        attachments=content.attachments or (),
        metadata=content.metadata,
        by_app=True,
    )


def _thread(ask: Ask, channel: Channel) -> str | None:
    """The parent's timestamp, even if a reply's was given; raises SlackError."""
    thread_ts = ask.arguments.optional("thread_ts")
    if thread_ts is None:
        return None
    parent = ask.state.messages.find(channel.id, thread_ts)
    if parent is None or parent.only_for is not None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _own_message(ask: Ask, refusal: str) -> Message:
    """Nobody can change ephemeral messages in this way; raises SlackError."""
    channel = visible_channel(ask)
    message = ask.state.messages.find(channel.id, ask.arguments.required("ts"))
    if message is None or message.only_for is not None or message.is_tombstone:
        raise SlackError("message_not_found")
    if not message.by_app:
        raise SlackError(refusal)
    return message


def _notice_missing_text(ask: Ask, where: str, content: Content) -> None:
    if content.lacks_text:
        ask.state.warn(where, "there is no text for screen readers and notifications")


def _about(ask: Ask, message: Message) -> Answer:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": message_json(ask.state, message),
    }
