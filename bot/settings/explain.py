"""Says of a wrong key in the settings what was found and what is allowed."""

from collections.abc import Iterator
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


def explain(error: ValidationError) -> Iterator[str]:
    """A sentence for every wrong key."""
    for details in error.errors(include_url=False):
        location = _location(details)
        if details["type"] in ("extra_forbidden", "invalid_key"):
            yield f"{_path(location)} is unknown{_hint(location)}"
        elif details["type"] == "missing":
            yield f"{_path(location)} is missing: give {_allowed(_type_at(location))}"
        else:
            found = f"{_path(location)}: found {_found(details['input'])}{_objection(details)}"
            yield f"{found}; allowed: {_allowed(_type_at(location))}"


def _location(details: ErrorDetails) -> Location:
    """YAML keys may be numbers; in a path, numbers are places in lists."""
    *above, last = details["loc"]
    return (*above, str(last)) if details["type"] == "invalid_key" else details["loc"]


def _path(location: Location) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _found(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}…"


def _objection(details: ErrorDetails) -> str:
    """What our own checks object to; pydantic's words add nothing to what is allowed."""
    if details["type"] != "value_error":
        return ""
    return f", but {details['msg'].removeprefix('Value error, ')}"


def _hint(location: Location) -> str:
    keys = _keys(_plain(_type_at(location[:-1])))
    close = get_close_matches(str(location[-1]), keys, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"{guess}; allowed: {', '.join(keys)}"


def _type_at(location: Location) -> Any:
    """The annotated type of the value that stands there."""
    found: Any = Settings
    for part in location:
        plain = _plain(found)
        if isinstance(plain, type) and issubclass(plain, Section):
            found = _annotation(plain, str(part))
        else:
            found = get_args(plain)[-1 if get_origin(plain) is dict else 0]
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
