"""Keep for 30 more days: a pin that runs out, in the message that tells so."""

from bot.render.errors import error_words
from bot.slack.api import MessageContent, SlackError, update_message
from bot.slack.blocks import refusal
from bot.slack.context import SlackContext
from bot.slack.ids import COMMAND
from bot.slack.listener import answer
from bot.slack.listeners.pinning import follow_pins
from bot.slack.listeners.wording import pinned
from bot.slack.payloads import ClickOnEnd
from bot.slack.pin_warnings import KEEPS_FOR
from bot.usecases.pins import OverError


def keep_pin(context: SlackContext, click: ClickOnEnd) -> None:
    """Clicked twice, it lasts no longer. Raises RequestError for whoever may not."""
    pin, seen = click.end.pin, click.end.until
    person = context.person(click.sender)
    try:
        made = context.pins.prolong(pin.repository, pin.pin, person, seen=seen, by=KEEPS_FOR)
    except OverError as error:
        again = f"`{COMMAND} pin {pin.repository.name} {pin.pin} because …` pins it anew."
        _show(context, click, refusal(f"{error_words(error)}. {again}"))
        return
    _show(context, click, pinned(made, pin.repository.name))
    follow_pins(context, made)


def _show(context: SlackContext, click: ClickOnEnd, content: MessageContent) -> None:
    """In place of the button, if it is the only one."""
    if click.is_of_several:
        answer(context, click.sender, content)
        return
    try:
        what, ts = "Telling how long a pin lasts", click.container.message_ts
        update_message(context.client, what, click.channel.id, ts, content)
    except SlackError:
        answer(context, click.sender, content)
