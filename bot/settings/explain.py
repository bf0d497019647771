"""Says of a wrong key in the settings what was found and what is allowed."""

import json
import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.settings.model import Section, Settings

LONGEST_FOUND = 60
"""Characters of a wrong value that an error repeats."""

Location = tuple[int | str, ...]

KEY = "[key]"
"""How pydantic ends the location of a key in a mapping whose keys are free."""

_PLAIN_KEY = re.compile(r"\w[\w-]*", re.ASCII)


def explain(error: ValidationError) -> Iterator[str]:
    """A sentence for every wrong key."""
    return map(_sentence, error.errors(include_url=False))


def _sentence(details: ErrorDetails) -> str:
    location, found = details["loc"], details["input"]
    match details["type"]:
        case "invalid_key":
            return _unknown(location[:-1], found)
        case "extra_forbidden":
            return _unknown(location[:-1], location[-1])
        case "missing":
            return f"{_path(location)} is missing: give {_allowed(_type_at(location))}"
    if _is_key(location):
        what = f"{_path(location[:-2])}: found the key {_spelled(found)}"
    else:
        what = f"{_path(location)}: found {_spelled(found)}"
    return f"{what}{_objection(details)}; allowed: {_allowed(_type_at(location))}"


def _unknown(above: Location, key: Any) -> str:
    keys = _keys(_plain(_type_at(above)))
    close = get_close_matches(str(key), keys, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    path = f"{_path(above)}{_onward(key)}".removeprefix(".")
    return f"{path} is unknown{guess}; allowed: {', '.join(keys)}"


def _path(location: Location) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else _onward(part) for part in location)
    return "".join(parts).removeprefix(".")


def _onward(key: Any) -> str:
    """How a path goes on with a key, which in YAML need not be a text."""
    if not isinstance(key, str):
        return f".{_spelled(key)}"
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{_spelled(key)}]"


def _spelled(value: Any) -> str:
    """A value as YAML has it, cut if it is long."""
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}…"


def _objection(details: ErrorDetails) -> str:
    """What our own checks object to; pydantic's words add nothing to what is allowed."""
    if details["type"] != "value_error":
        return ""
    return f", but {details['msg'].removeprefix('Value error, ')}"


def _is_key(location: Location) -> bool:
    """Whether the key of a mapping is meant, and not what stands there."""
    return location[-1:] == (KEY,) and get_origin(_plain(_type_at(location[:-2]))) is dict


def _type_at(location: Location) -> Any:
    """The annotated type of the value that stands there."""
    found: Any = Settings
    for part in location:
        plain = _plain(found)
        if isinstance(plain, type) and issubclass(plain, Section):
            found = _annotation(plain, str(part))
        elif get_origin(plain) is dict:
            keys, found = get_args(plain)
        elif part == KEY:
            found = keys
        else:
            found = get_args(plain)[0]
    return found


def _annotation(section: type[Section], key: str) -> Any:
    """Pydantic takes the outermost description off the annotation."""
    field = next(f for name, f in section.model_fields.items() if key in (f.alias or name, name))
    return Annotated[field.annotation, field] if field.description else field.annotation


def _plain(annotation: Any) -> Any:
    """Without descriptions and None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _plain(next(arg for arg in get_args(annotation) if arg is not NoneType))
    return annotation


def _allowed(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        described = (m.description for m in metadata if isinstance(m, FieldInfo) and m.description)
        return next(described, None) or _allowed(inner)
    if get_origin(annotation) in (Union, UnionType):
        return _allowed(next(arg for arg in get_args(annotation) if arg is not NoneType))
    return f"a section with keys from {', '.join(_keys(annotation))}"


def _keys(section: type[Section]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]
