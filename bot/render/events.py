"""The audit as JSON and CSV."""

from collections.abc import Iterator
from typing import Any

from bot.core.records import Event
from bot.render.events_words import detail_words
from bot.render.json_text import dumps
from bot.render.places import Place, place_of
from bot.render.words import iso

COLUMNS = ("at", "event", "by", "plan", "version", *Place._fields, "digests", "detail")


def event_as_json(event: Event) -> Iterator[bytes]:
    yield dumps(_keys(event)) + b"\n"


def event_as_rows(event: Event) -> Iterator[tuple[object, ...]]:
    """Digests are parted by spaces."""
    keys = _keys(event)
    yield tuple((keys | {"digests": " ".join(event.digests)}).values())


def _keys(event: Event) -> dict[str, Any]:
    return {
        "at": iso(event.at),
        "event": event.event.value,
        "by": event.by,
        "plan": event.plan,
        "version": event.version,
        **place_of(event.repository)._asdict(),
        "digests": event.digests,
        "detail": detail_words(event.detail),
    }
