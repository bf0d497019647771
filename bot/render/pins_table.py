"""Pins, as a person reads them in a terminal."""

from datetime import datetime

from rich.console import Group, RenderableType

from bot.core.pins import Pin
from bot.core.words import moment
from bot.render.pin_words import pin_reason_words
from bot.render.places import place_of
from bot.render.terminal import indented, shown


def pin_as_text(where: str, pin: Pin, now: datetime) -> RenderableType:
    heading = shown(
        f"{place_of(where).repository}  ", (pin.pin, "bold"), f"  {pin.kind}{_until(pin, now)}"
    )
    return Group(heading, indented(shown(f"{pin.by}: {pin_reason_words(pin)}")))


def no_pins() -> RenderableType:
    return shown("Nothing is pinned.")


def _until(pin: Pin, now: datetime) -> str:
    if pin.until is None:
        return ""
    how = "until" if pin.protects(now) else "ran out"
    return f", {how} {moment(pin.until)}"
