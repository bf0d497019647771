"""What people do of which the app hears as events, if its manifest asks for them."""

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.outcome import Outcome
from bot.playground.slack.acts.payloads import Payload, event_payload
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.wire import message_json, view_as_seen

_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}
_CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im"}


async def write(
    desk: Desk, user: str, channel: str, text: str, thread_ts: str | None = None
) -> Outcome:
    """Answers the timestamp of the message in `detail`."""
    state = desk.state
    with state.lock:
        place = desk.joined_channel(desk.user(user), channel)
        message = state.write(user, channel, text, thread_ts)
        hears = state.app.user_id in place.members
        sent = hears and _tell_of_message(desk, place, message)
    return Outcome("ok", message.ts, sent=sent)


async def open_home(desk: Desk, user: str) -> Outcome:
    """Opens the app's Home tab, which the app may fill when it hears of it."""
    state = desk.state
    with state.lock:
        person = desk.user(user)
        if not state.app.manifest.has_home_tab:
            return Outcome("not_configured", "the app has no Home tab")
        home = state.views.home_of(person.id)
        event = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": state.directory.im_with(person.id, state.seconds).id,
            "tab": "home",
            **({"view": view_as_seen(state, home)} if home else {}),
            "event_ts": state.ids.stamp(),
        }
        return Outcome("ok", sent=_publish(desk, "app_home_opened", event))


async def join(desk: Desk, user: str, channel: str) -> Outcome:
    """A person or the bot enters a channel."""
    state = desk.state
    with state.lock:
        person = desk.user(user)
        place = state.directory.join(channel, person.id)
        event = {
            "type": "member_joined_channel",
            "user": person.id,
            "channel": place.id,
            "channel_type": "C" if place.kind == "public" else "G",
            "event_ts": state.ids.stamp(),
        }
        hears = state.app.user_id in place.members
        return Outcome("ok", sent=hears and _publish(desk, "member_joined_channel", event))


def _tell_of_message(desk: Desk, channel: Channel, message: Message) -> bool:
    event = {
        **message_json(desk.state, message),
        "channel": channel.id,
        "channel_type": _CHANNEL_TYPES[channel.kind],
        "event_ts": message.ts,
    }
    as_message = _publish(desk, _EVENTS[channel.kind], event)
    mentioned = f"<@{desk.state.app.user_id}>" in message.text
    as_mention = mentioned and _publish(desk, "app_mention", {**event, "type": "app_mention"})
    return as_message or as_mention


def _publish(desk: Desk, name: str, event: Payload) -> bool:
    """Tells whether the manifest subscribes to the event."""
    if name not in desk.state.app.manifest.events:
        return False
    desk.hub.publish(event_payload(desk.state, event))
    return True
