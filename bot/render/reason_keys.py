"""A reason as an object of JSON: its rule, its sentence, and its own fields."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from bot.core.durations import duration_in_words
from bot.core.manifest import ManifestName
from bot.core.pins import Pin
from bot.core.reasons import AgeStart, Reason, TagGroup
from bot.core.unread import UnreadCause
from bot.core.usage import PastTagUser
from bot.render.reasons import group_words, reason_words, user_words
from bot.render.unread import unread_words
from bot.render.words import iso


def reason_as_keys(reason: Reason) -> dict[str, Any]:
    """`docs/commands.md` tells the keys. Keys without a value are left out."""
    keys: dict[str, Any] = _as_json(reason)
    return keys


def _as_json(value: Any) -> Any:
    return _RENDERERS[type(value)](value)


class _Renderers(dict[Any, Callable[[Any], Any]]):
    """Each is made once: a plan of 20,000 manifests has as many reasons."""

    def __missing__(self, type_: Any) -> Callable[[Any], Any]:
        self[type_] = made = _renderer(type_)
        return made


_RENDERERS = _Renderers()


def _renderer(type_: Any) -> Callable[[Any], Any]:
    if type_ in _IN_SHORT:
        return _IN_SHORT[type_]
    if issubclass(type_, _types(Reason)):
        return _reason_renderer(type_)
    if issubclass(type_, _types(UnreadCause)):
        return unread_words
    if is_dataclass(type_):
        return _fields_renderer(type_)
    return _as_it_is


def _reason_renderer(type_: Any) -> Callable[[Any], dict[str, Any]]:
    own = _fields_renderer(type_)

    def render(reason: Reason) -> dict[str, Any]:
        return {"rule": reason.rule, "detail": reason_words(reason), **own(reason)}

    return render


def _fields_renderer(type_: Any) -> Callable[[Any], dict[str, Any]]:
    names = [each.name for each in fields(type_)]

    def render(value: Any) -> dict[str, Any]:
        found = {name: _as_json(getattr(value, name)) for name in names}
        return {key: part for key, part in found.items() if part not in (None, [], False)}

    return render


def _types(union: Any) -> tuple[type, ...]:
    return get_args(union)


def _as_it_is(value: Any) -> Any:
    return value


_IN_SHORT: Mapping[Any, Callable[[Any], Any]] = {
    TagGroup: group_words,
    ManifestName: lambda name: name.digest,
    AgeStart: lambda since: iso(since.at),
    Pin: lambda pin: pin.pin,
    PastTagUser: user_words,
    datetime: iso,
    timedelta: duration_in_words,
    tuple: lambda values: list(map(_as_json, values)),
}
"""Values that scripts know as one text, and lists."""
