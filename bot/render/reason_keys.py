"""A reason as an object of JSON: its rule, its sentence, and its own fields."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.core.durations import duration_in_words
from bot.core.manifest import ManifestName
from bot.core.pins import Pin
from bot.core.reasons import AgeStart, Reason, TagGroup
from bot.core.unread import UnreadCause
from bot.render.reasons import group_words, reason_words
from bot.render.unread import unread_words
from bot.render.words import iso


def reason_as_keys(reason: Reason) -> dict[str, Any]:
    """`docs/commands.md` tells the keys. Keys without a value are left out."""
    return {"rule": reason.rule, "detail": reason_words(reason), **_fields(reason)}


def _fields(value: Any) -> dict[str, Any]:
    found = {each.name: _as_json(getattr(value, each.name)) for each in fields(value)}
    return {key: value for key, value in found.items() if value not in (None, [], False)}


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(map(_as_json, value))
    if isinstance(value, Reason):
        return reason_as_keys(value)
    if isinstance(value, UnreadCause):
        return unread_words(value)
    if is_dataclass(value):
        in_short = _IN_SHORT.get(type(value))
        return in_short(value) if in_short else _fields(value)
    if isinstance(value, datetime):
        return iso(value)
    return duration_in_words(value) if isinstance(value, timedelta) else value


_IN_SHORT: Mapping[type, Callable[[Any], str | None]] = {
    TagGroup: group_words,
    ManifestName: lambda name: name.digest,
    AgeStart: lambda since: iso(since.at),
    Pin: lambda pin: pin.pin,
}
"""Values that scripts know as one text."""
