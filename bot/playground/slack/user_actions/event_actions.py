"""User actions that send events to the app, if its manifest subscribes to them."""

from bot.playground.slack.models import Channel, Message
from bot.playground.slack.slack_json import message_json, view_with_values
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.outcome import ActionOutcome
from bot.playground.slack.user_actions.payloads import Payload, event_payload

_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
_CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}


async def write(
    context: ActionContext, user: str, channel: str, text: str, thread_ts: str | None = None
) -> ActionOutcome:
    """Posts a message. The outcome's `detail` is its timestamp."""
    state = context.state
    with state.lock:
        posted_in = context.joined_channel(context.user(user), channel)
        message = state.write(user, channel, text, thread_ts)
        bot_is_member = state.app.user_id in posted_in.members
        sent = bot_is_member and _send_message_events(context, posted_in, message)
    return ActionOutcome("ok", message.ts, sent=sent)


async def open_home(context: ActionContext, user: str) -> ActionOutcome:
    """Opens the app's Home tab, and sends app_home_opened."""
    state = context.state
    with state.lock:
        actor = context.user(user)
        if not state.app.manifest.has_home_tab:
            return ActionOutcome("not_configured", "the app has no Home tab")
        home = state.views.home_of(actor.id)
        event = {
            "type": "app_home_opened",
            "user": actor.id,
            "channel": state.directory.im_with(actor.id, state.seconds).id,
            "tab": "home",
            **({"view": view_with_values(state, home)} if home else {}),
            "event_ts": state.ids.timestamp(),
        }
        return ActionOutcome("ok", sent=_publish(context, "app_home_opened", event))


async def join(context: ActionContext, user: str, channel: str) -> ActionOutcome:
    """Adds a user or the bot to a channel."""
    state = context.state
    with state.lock:
        actor = context.user(user)
        joined = state.directory.join(channel, actor.id)
        event = {
            "type": "member_joined_channel",
            "user": actor.id,
            "channel": joined.id,
            "channel_type": "C" if joined.kind == "public" else "G",
            "event_ts": state.ids.timestamp(),
        }
        bot_is_member = state.app.user_id in joined.members
        return ActionOutcome(
            "ok", sent=bot_is_member and _publish(context, "member_joined_channel", event)
        )


def _send_message_events(context: ActionContext, channel: Channel, message: Message) -> bool:
    event = {
        **message_json(context.state, message),
        "channel": channel.id,
        "channel_type": _CHANNEL_TYPES[channel.kind],
        "event_ts": message.ts,
    }
    as_message = _publish(context, _EVENTS[channel.kind], event)
    mentioned = f"<@{context.state.app.user_id}>" in message.text
    as_mention = mentioned and _publish(context, "app_mention", {**event, "type": "app_mention"})
    return as_message or as_mention


def _publish(context: ActionContext, name: str, event: Payload) -> bool:
    """Sends the event if the manifest subscribes to it. Returns whether it does."""
    if name not in context.state.app.manifest.events:
        return False
    context.socket_mode.publish(event_payload(context.state, event))
    return True
