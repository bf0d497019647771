"""A pin as a sentence."""

from bot.core.pins import Pin
from bot.core.words import moment
from bot.render.person_words import person_refusal_words


def pin_words(pin: Pin) -> str:
    until = f" until {moment(pin.until)}" if pin.until else ""
    return f"{pin.pin} is pinned by {pin.by}{until}: {pin_reason_words(pin)}"


def pin_reason_words(pin: Pin) -> str:
    """What its maker wrote; and why it protects, though somebody removed it."""
    if pin.kept_on is None:
        return pin.reason
    refused = person_refusal_words(pin.kept_on.reason)
    return f"{pin.reason} ({pin.kept_on.person} removed it, but {refused})"
