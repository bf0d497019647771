"""conversations.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import TIER_2, TIER_3, TIER_4
from bot.playground.slack.methods.channels import (
    KINDS,
    SCOPES,
    is_member,
    joined_channel,
    scope_for,
    visible_channel,
)
from bot.playground.slack.methods.registry import Answer, Ask, method, page_of
from bot.playground.slack.models import Message
from bot.playground.slack.wire import channel_json, message_json

_PERIOD = "oldest latest inclusive limit cursor"


@method("conversations.info", TIER_3, takes="channel include_num_members include_locale")
def info(ask: Ask) -> Answer:
    ask.need("channels:read", "groups:read", "im:read", "mpim:read")
    channel = visible_channel(ask)
    ask.need(scope_for(channel, "read"))
    return {"channel": channel_json(ask.state, channel)}


@method("conversations.list", TIER_2, takes="types exclude_archived limit cursor team_id")
def list_conversations(ask: Ask) -> Answer:
    kinds = ask.arguments.names("types") or ["public_channel"]
    for kind in kinds:
        if kind not in KINDS:
            raise SlackError("invalid_types")
        ask.need(f"{SCOPES[KINDS[kind]]}:read")
    hides_archived = ask.arguments.flag("exclude_archived")
    channels = [
        channel
        for channel in ask.state.directory.channels.values()
        if channel.kind in {KINDS[kind] for kind in kinds}
        and (channel.kind == "public" or is_member(ask, channel))
        and not (hides_archived and channel.is_archived)
    ]
    return page_of(
        ask.arguments, "channels", [channel_json(ask.state, each) for each in channels], 100
    )


@method("conversations.members", TIER_4, takes="channel limit cursor")
def members(ask: Ask) -> Answer:
    ask.need("channels:read", "groups:read", "im:read", "mpim:read")
    channel = visible_channel(ask)
    ask.need(scope_for(channel, "read"))
    return page_of(ask.arguments, "members", sorted(channel.members), 100)


@method("conversations.join", TIER_3, scope="channels:join", takes="channel")
def join(ask: Ask) -> Answer:
    channel = visible_channel(ask)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    joined = ask.state.directory.join(channel.id, ask.state.app.user_id)
    return {"channel": channel_json(ask.state, joined)}


@method("conversations.open", TIER_3, scope="im:write", takes="users channel return_im")
def open_conversation(ask: Ask) -> Answer:
    """With one person; groups of several are not faked."""
    people = ask.arguments.names("users")
    if len(people) != 1 or people[0] not in ask.state.directory.users:
        raise SlackError("user_not_found" if people else "users_list_not_supplied")
    channel = ask.state.directory.im_with(people[0], ask.state.seconds)
    whole = ask.arguments.flag("return_im")
    return {"channel": channel_json(ask.state, channel) if whole else {"id": channel.id}}


@method("conversations.history", TIER_3, takes=f"channel {_PERIOD} include_all_metadata")
def history(ask: Ask) -> Answer:
    channel = joined_channel(ask)
    ask.need(scope_for(channel, "history"))
    seen = [
        message
        for message in ask.state.messages.of_channel(channel.id)
        if message.only_for is None and (not message.is_reply or message.reply_broadcast)
    ]
    return _page_of_messages(ask, list(reversed(seen)))


@method("conversations.replies", TIER_3, takes=f"channel ts {_PERIOD} include_all_metadata")
def replies(ask: Ask) -> Answer:
    channel = joined_channel(ask)
    ask.need(scope_for(channel, "history"))
    parent = ask.state.messages.find(channel.id, ask.arguments.required("ts"))
    if parent is None or parent.only_for is not None:
        raise SlackError("thread_not_found")
    return _page_of_messages(ask, [parent, *ask.state.messages.replies_to(parent)])


def _page_of_messages(ask: Ask, messages: list[Message]) -> Answer:
    arguments = ask.arguments
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "9" * 12)
    inclusive = arguments.flag("inclusive")
    within = [
        message_json(ask.state, message)
        for message in messages
        if float(oldest) < float(message.ts) < float(latest)
        or (inclusive and message.ts in (oldest, latest))
    ]
    page = page_of(arguments, "messages", within, 100)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}
