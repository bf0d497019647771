"""Pins as JSON and CSV."""

from collections.abc import Iterator
from typing import Any

from bot.core.pins import Pin
from bot.render.json_text import dumps
from bot.render.pin_words import pin_reason_words
from bot.render.places import Place, place_of
from bot.render.words import iso

COLUMNS = (*Place._fields, "pin", "kind", "by", "reason", "until")


def pin_as_json(where: str, pin: Pin) -> Iterator[bytes]:
    """`where`: the URI of a repository, or a glob of the settings."""
    yield dumps(_keys(where, pin)) + b"\n"


def pin_as_rows(where: str, pin: Pin) -> Iterator[tuple[object, ...]]:
    yield tuple(_keys(where, pin).values())


def _keys(where: str, pin: Pin) -> dict[str, Any]:
    return {
        **place_of(where)._asdict(),
        "pin": pin.pin,
        "kind": pin.kind.value,
        "by": pin.by,
        "reason": pin_reason_words(pin),
        "until": iso(pin.until),
    }
