"""conversations.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.channels import (
    KINDS,
    SCOPES,
    is_member,
    joined_channel,
    scope_for,
    visible_channel,
)
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method, paginate
from bot.playground.slack.models import Message
from bot.playground.slack.rate_limits import TIER_2, TIER_3, TIER_4
from bot.playground.slack.slack_json import channel_json, message_json

_PERIOD = "oldest latest inclusive limit cursor"


@method("conversations.info", TIER_3, takes="channel include_num_members include_locale")
def info(call: MethodCall) -> MethodResult:
    call.require_scope("channels:read", "groups:read", "im:read", "mpim:read")
    channel = visible_channel(call)
    call.require_scope(scope_for(channel, "read"))
    return {"channel": channel_json(call.state, channel)}


@method("conversations.list", TIER_2, takes="types exclude_archived limit cursor team_id")
def list_conversations(call: MethodCall) -> MethodResult:
    kinds = call.arguments.comma_separated("types") or ["public_channel"]
    for kind in kinds:
        if kind not in KINDS:
            raise SlackError("invalid_types")
        call.require_scope(f"{SCOPES[KINDS[kind]]}:read")
    hides_archived = call.arguments.flag("exclude_archived")
    channels = [
        channel
        for channel in call.state.directory.channels.values()
        if channel.kind in {KINDS[kind] for kind in kinds}
        and (channel.kind == "public" or is_member(call, channel))
        and not (hides_archived and channel.is_archived)
    ]
    return paginate(
        call.arguments, "channels", [channel_json(call.state, each) for each in channels], 100
    )


@method("conversations.members", TIER_4, takes="channel limit cursor")
def members(call: MethodCall) -> MethodResult:
    call.require_scope("channels:read", "groups:read", "im:read", "mpim:read")
    channel = visible_channel(call)
    call.require_scope(scope_for(channel, "read"))
    return paginate(call.arguments, "members", sorted(channel.members), 100)


@method("conversations.join", TIER_3, scope="channels:join", takes="channel")
def join(call: MethodCall) -> MethodResult:
    channel = visible_channel(call)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    joined = call.state.directory.join(channel.id, call.state.app.user_id)
    return {"channel": channel_json(call.state, joined)}


@method("conversations.open", TIER_3, scope="im:write", takes="users channel return_im")
def open_conversation(call: MethodCall) -> MethodResult:
    """Opens direct messages with one user. Groups are not supported."""
    users = call.arguments.comma_separated("users")
    if len(users) != 1 or users[0] not in call.state.directory.users:
        raise SlackError("user_not_found" if users else "users_list_not_supplied")
    channel = call.state.directory.im_with(users[0], call.state.seconds)
    is_full = call.arguments.flag("return_im")
    return {"channel": channel_json(call.state, channel) if is_full else {"id": channel.id}}


@method("conversations.history", TIER_3, takes=f"channel {_PERIOD} include_all_metadata")
def history(call: MethodCall) -> MethodResult:
    channel = joined_channel(call)
    call.require_scope(scope_for(channel, "history"))
    visible = [
        message
        for message in call.state.messages.of_channel(channel.id)
        if message.only_for is None and (not message.is_reply or message.reply_broadcast)
    ]
    return _page_of_messages(call, list(reversed(visible)))


@method("conversations.replies", TIER_3, takes=f"channel ts {_PERIOD} include_all_metadata")
def replies(call: MethodCall) -> MethodResult:
    channel = joined_channel(call)
    call.require_scope(scope_for(channel, "history"))
    parent = call.state.messages.find(channel.id, call.arguments.required("ts"))
    if parent is None or parent.only_for is not None:
        raise SlackError("thread_not_found")
    return _page_of_messages(call, [parent, *call.state.messages.replies_to(parent)])


def _page_of_messages(call: MethodCall, messages: list[Message]) -> MethodResult:
    arguments = call.arguments
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "9" * 12)
    inclusive = arguments.flag("inclusive")
    within = [
        message_json(call.state, message)
        for message in messages
        if float(oldest) < float(message.ts) < float(latest)
        or (inclusive and message.ts in (oldest, latest))
    ]
    page = paginate(arguments, "messages", within, 100)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}
