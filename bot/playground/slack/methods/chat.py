"""chat.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from dataclasses import replace

from bot.playground.slack.app_content import MessageContent, read_message_content
from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.channels import (
    channel_to_post_in,
    joined_channel,
    visible_channel,
)
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.rate_limits import PER_CHANNEL, SPECIAL, TIER_3, TIER_4
from bot.playground.slack.slack_json import PERMALINKS, message_json

_CONTENT = "channel text blocks attachments metadata link_names parse"


@method(
    "chat.postMessage",
    SPECIAL,
    scope="chat:write",
    takes=f"{_CONTENT} thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn",
)
def post_message(call: MethodCall) -> MethodResult:
    channel = channel_to_post_in(call)
    content = read_message_content(call.arguments, call.state.ids)
    thread_ts = _thread_ts(call, channel)
    call.state.limits.take(f"messages in {channel.id}", PER_CHANNEL)
    _warn_about_missing_text(call, "chat.postMessage", content)
    message = call.state.messages.put(
        replace(
            _message(call, channel, content),
            thread_ts=thread_ts,
            reply_broadcast=call.arguments.flag("reply_broadcast"),
        )
    )
    return _message_result(call, message)


@method("chat.postEphemeral", TIER_4, scope="chat:write", takes=f"{_CONTENT} user thread_ts")
def post_ephemeral(call: MethodCall) -> MethodResult:
    """The bot and the user must be in the channel."""
    channel = joined_channel(call)
    if channel.is_archived:
        raise SlackError("is_archived")
    user = call.arguments.required("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_message_content(call.arguments, call.state.ids)
    _warn_about_missing_text(call, "chat.postEphemeral", content)
    thread_ts = _thread_ts(call, channel)
    message = call.state.messages.put(
        replace(_message(call, channel, content), thread_ts=thread_ts, only_for=user)
    )
    return {"message_ts": message.ts}


@method("chat.update", TIER_3, scope="chat:write", takes=f"{_CONTENT} ts reply_broadcast as_user")
def update(call: MethodCall) -> MethodResult:
    """Text without blocks removes the blocks. Attachments are kept if not given."""
    message = _own_message(call, "cant_update_message")
    if call.state.directory.channels[message.channel].is_archived:
        raise SlackError("is_inactive")
    content = read_message_content(call.arguments, call.state.ids)
    _warn_about_missing_text(call, "chat.update", content)
    attachments = message.attachments if content.attachments is None else content.attachments
    changed = replace(
        message,
        text=content.text,
        blocks=content.blocks or (),
        attachments=attachments,
        metadata=message.metadata if content.metadata is None else content.metadata,
        edited_ts=call.state.ids.timestamp(),
    )
    return {"text": changed.text, **_message_result(call, call.state.messages.put(changed))}


@method("chat.delete", TIER_3, scope="chat:write", takes="channel ts as_user")
def delete(call: MethodCall) -> MethodResult:
    message = _own_message(call, "cant_delete_message")
    call.state.messages.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", SPECIAL, takes="channel message_ts")
def get_permalink(call: MethodCall) -> MethodResult:
    channel = visible_channel(call)
    message = call.state.messages.find(channel.id, call.arguments.required("message_ts"))
    if message is None or message.only_for is not None:
        raise SlackError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    link = f"{PERMALINKS}/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _message(call: MethodCall, channel: Channel, content: MessageContent) -> Message:
    return Message(
        channel=channel.id,
        ts=call.state.ids.timestamp(),
        user=call.state.app.user_id,
        text=content.text,
        blocks=content.blocks or (),
        attachments=content.attachments or (),
        metadata=content.metadata,
        by_app=True,
    )


def _thread_ts(call: MethodCall, channel: Channel) -> str | None:
    """The timestamp of the thread's parent, also for a reply's; raises SlackError."""
    thread_ts = call.arguments.optional("thread_ts")
    if thread_ts is None:
        return None
    parent = call.state.messages.find(channel.id, thread_ts)
    if parent is None or parent.only_for is not None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _own_message(call: MethodCall, error: str) -> Message:
    """A message of the app, not ephemeral; raises SlackError."""
    channel = visible_channel(call)
    message = call.state.messages.find(channel.id, call.arguments.required("ts"))
    if message is None or message.only_for is not None or message.is_tombstone:
        raise SlackError("message_not_found")
    if not message.by_app:
        raise SlackError(error)
    return message


def _warn_about_missing_text(call: MethodCall, where: str, content: MessageContent) -> None:
    if content.lacks_text:
        call.state.warn(where, "no text for screen readers and notifications")


def _message_result(call: MethodCall, message: Message) -> MethodResult:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": message_json(call.state, message),
    }
