"""Pins as text, JSON and CSV, and as a clause."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from bot.core.pins import Pin
from bot.core.text_formatting import format_time
from bot.render.output import Column, Columns, place_columns, place_of
from bot.render.permission_sentences import person_refusal_words
from bot.render.quantities import iso
from bot.render.terminal import indented, shown, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType


class ListedPin(NamedTuple):
    """A pin and the repositories that it applies to. `where`: the URI of a repository, or a glob of
    the settings."""

    where: str
    pin: Pin


def pin_words(pin: Pin) -> str:
    until = f" until {format_time(pin.until)}" if pin.until else ""
    return f"{pin.pin} is pinned by {pin.by}{until}: {pin_reason_words(pin)}"


def pin_reason_words(pin: Pin) -> str:
    """The reason that the user gave, and why a removed pin is still in force."""
    if pin.kept_on is None:
        return pin.reason
    refused = person_refusal_words(pin.kept_on.reason)
    return f"{pin.reason} ({pin.kept_on.person} removed it, but {refused})"


_PLACE: tuple[Column[ListedPin, ListedPin], ...] = place_columns(
    lambda listed: place_of(listed.where)
)

PIN_COLUMNS: Columns[ListedPin, ListedPin] = Columns(
    *_PLACE,
    Column("pin", lambda listed: listed.pin.pin),
    Column("kind", lambda listed: listed.pin.kind),
    Column("by", lambda listed: listed.pin.by),
    Column("reason", lambda listed: pin_reason_words(listed.pin)),
    Column("until", lambda listed: iso(listed.pin.until)),
)


def pin_as_text(listed: ListedPin, now: datetime) -> "RenderableType":
    where, pin = listed
    heading = shown(
        f"{place_of(where).repository}  ", (pin.pin, "bold"), f"  {pin.kind}{_until(pin, now)}"
    )
    return stacked(heading, indented(shown(f"{pin.by}: {pin_reason_words(pin)}")))


def no_pins() -> "RenderableType":
    return shown("No pins.")


def _until(pin: Pin, now: datetime) -> str:
    if pin.until is None:
        return ""
    how = "until" if pin.protects(now) else "expired"
    return f", {how} {format_time(pin.until)}"
