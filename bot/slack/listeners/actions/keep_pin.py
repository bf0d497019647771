"""Keep for 30 more days: a pin that runs out, in the message that tells so."""

from bot.slack.calls import SlackError, in_words
from bot.slack.desk import Desk
from bot.slack.listeners.answering import answer
from bot.slack.listeners.pinning import follow_pins
from bot.slack.listeners.wording import pinned
from bot.slack.payloads import ClickOnPin
from bot.slack.pin_warnings import KEEPS_FOR
from bot.usecases.prolong import prolong


def keep_pin(desk: Desk, click: ClickOnPin) -> None:
    """Raises RequestError for whoever may not, or comes too late."""
    person = desk.person(click.sender)
    made = prolong(desk.pinner, click.ref.repository, click.ref.pin, person, KEEPS_FOR)
    told = pinned(made, click.ref.repository.name)
    try:
        with in_words("Telling that a pin lasts"):
            desk.client.chat_update(
                channel=click.channel.id,
                ts=click.container.message_ts,
                text=told.text,
                blocks=list(told.blocks),
            )
    except SlackError:
        answer(desk, click.sender, told)
    follow_pins(desk, made)
