"""Reads the settings file."""

import json
import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.core.errors import RequestError
from bot.core.text_formatting import decode_text
from bot.sanitize import quoted
from bot.settings.model import ClusterSection, Settings, SettingsSection

MAX_VALUE_LENGTH = 60
"""Characters of a wrong value that an error repeats."""

Location = tuple[int | str, ...]

KEY = "[key]"
"""How pydantic ends the location of a key in a mapping whose keys are free."""

_PLAIN_KEY = re.compile(r"\w[\w-]*", re.ASCII)

DEFAULT_FILE = Path("ecr-clean.yml")


def error_sentences(error: ValidationError) -> Iterator[str]:
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
    return text if len(text) <= MAX_VALUE_LENGTH else f"{text[:MAX_VALUE_LENGTH]}…"


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
        if isinstance(plain, type) and issubclass(plain, SettingsSection):
            found = _annotation(plain, str(part))
        elif get_origin(plain) is dict:
            keys, found = get_args(plain)
        elif part == KEY:
            found = keys
        else:
            found = get_args(plain)[0]
    return found


def _annotation(section: type[SettingsSection], key: str) -> Any:
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


def _keys(section: type[SettingsSection]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def load_settings(path: Path | None) -> Settings:
    """The file at `path`, or without one the default file, if there is one.

    Raises RequestError with a sentence for every key that is wrong.
    """
    if path is None and not DEFAULT_FILE.exists():
        return Settings()
    file = path or DEFAULT_FILE
    try:
        settings = _relative_to(file, Settings.model_validate(parse(file)))
        return settings if path else settings.as_default_file()
    except ValidationError as error:
        raise RequestError(*(f"{file}: {line}" for line in error_sentences(error))) from error


def _relative_to(file: Path, settings: Settings) -> Settings:
    """Paths in the file are meant from where it stands."""
    usage = settings.usage
    if usage.files:
        files = tuple(str(file.parent / path) for path in usage.files)
        usage = usage.model_copy(update={"files": files})
    if usage.kubernetes and usage.kubernetes.clusters:
        clusters = tuple(_cluster_relative_to(file, each) for each in usage.kubernetes.clusters)
        kubernetes = usage.kubernetes.model_copy(update={"clusters": clusters})
        usage = usage.model_copy(update={"kubernetes": kubernetes})
    return settings.model_copy(update={"usage": usage})


def _cluster_relative_to(file: Path, cluster: ClusterSection) -> ClusterSection:
    if cluster.kubeconfig is None:
        return cluster
    kubeconfig = str(file.parent / Path(cluster.kubeconfig).expanduser())
    return cluster.model_copy(update={"kubeconfig": kubeconfig})


def parse(file: Path) -> dict[Any, Any]:
    """What the file holds, not checked. Raises RequestError for what is no mapping in YAML."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        parsed = YAML(typ="safe", pure=True).load(_text(file))
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise RequestError(f"{file} is no YAML: {_first_lines(error)}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise RequestError(f"{file} must hold keys with values, as in `approval: {{required: 2}}`")
    return parsed


def _text(file: Path) -> str:
    try:
        return decode_text(file.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    raise RequestError(f"The settings file {file} cannot be read: {reason}")


def _first_lines(error: Exception) -> str:
    if isinstance(error, TypeError):
        return "a list or a mapping stands where a key belongs"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem and mark:
        problem = problem.partition(" with value ")[0]  # of a key that stands twice: no secrets
        return f"{problem} (line {mark.line + 1}, column {mark.column + 1})"
    return quoted(str(error).splitlines()[0])
