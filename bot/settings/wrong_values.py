"""Sentences for wrong values in the settings: where they are, what was found, what is allowed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.settings.section import SettingsSection

MAX_VALUE_LENGTH = 60
"""How many characters of a wrong value an error shows."""

Location = tuple[int | str, ...]

KEY = "[key]"
"""The last part of pydantic's location of an error in a mapping's key."""

_PLAIN_KEY = re.compile(r"\w[\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ErrorSentences:
    """`section`: the one that was validated."""

    section: type[SettingsSection]

    def of(self, error: ValidationError) -> Iterator[str]:
        """One sentence for each wrong key."""
        return map(self._sentence, error.errors(include_url=False))

    def _sentence(self, details: ErrorDetails) -> str:
        location, found = details["loc"], details["input"]
        match details["type"]:
            case "invalid_key":
                return self._unknown_key(location[:-1], found)
            case "extra_forbidden":
                return self._unknown_key(location[:-1], location[-1])
            case "missing":
                return (
                    f"{_path(location)} is missing: set it to {_allowed(self._type_at(location))}"
                )
        if self._is_key(location):
            what = f"{_path(location[:-2])}: found the key {_as_yaml(found)}"
        else:
            what = f"{_path(location)}: found {_as_yaml(found)}"
        return f"{what}{_validator_message(details)}; allowed: {_allowed(self._type_at(location))}"

    def _unknown_key(self, above: Location, key: Any) -> str:
        keys = _keys(_bare_type(self._type_at(above)))
        close = get_close_matches(str(key), keys, n=1)
        guess = f" (did you mean {close[0]}?)" if close else ""
        path = f"{_path(above)}{_path_part(key)}".removeprefix(".")
        return f"{path} is unknown{guess}; allowed: {', '.join(keys)}"

    def _is_key(self, location: Location) -> bool:
        """Whether the error is about a mapping's key, not its value."""
        return (
            location[-1:] == (KEY,) and get_origin(_bare_type(self._type_at(location[:-2]))) is dict
        )

    def _type_at(self, location: Location) -> Any:
        """The annotated type of the value at this location."""
        found: Any = self.section
        for part in location:
            plain = _bare_type(found)
            if isinstance(plain, type) and issubclass(plain, SettingsSection):
                found = _annotation(plain, str(part))
            elif get_origin(plain) is dict:
                keys, found = get_args(plain)
            elif part == KEY:
                found = keys
            else:
                found = get_args(plain)[0]
        return found


def _path(location: Location) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else _path_part(part) for part in location)
    return "".join(parts).removeprefix(".")


def _path_part(key: Any) -> str:
    """A key as part of a path. YAML keys need not be strings."""
    if not isinstance(key, str):
        return f".{_as_yaml(key)}"
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{_as_yaml(key)}]"


def _as_yaml(value: Any) -> str:
    """A value as in YAML, shortened if it is long."""
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[:MAX_VALUE_LENGTH]}…"


def _validator_message(details: ErrorDetails) -> str:
    """The message of the bot's own validators. Pydantic's messages only repeat what is allowed."""
    if details["type"] != "value_error":
        return ""
    return f", but {details['msg'].removeprefix('Value error, ')}"


def _annotation(section: type[SettingsSection], key: str) -> Any:
    """The annotation with its description, which pydantic moves to the field."""
    field = next(f for name, f in section.model_fields.items() if key in (f.alias or name, name))
    return Annotated[field.annotation, field] if field.description else field.annotation


def _bare_type(annotation: Any) -> Any:
    """The type without descriptions and None."""
    if get_origin(annotation) is Annotated:
        return _bare_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _bare_type(next(arg for arg in get_args(annotation) if arg is not NoneType))
    return annotation


def _allowed(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        described = (m.description for m in metadata if isinstance(m, FieldInfo) and m.description)
        return next(described, None) or _allowed(inner)
    if get_origin(annotation) in (Union, UnionType):
        return _allowed(next(arg for arg in get_args(annotation) if arg is not NoneType))
    return f"a section with the keys {', '.join(_keys(annotation))}"


def _keys(section: type[SettingsSection]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]
