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
"""How many characters of a wrong value an error shows."""

Location = tuple[int | str, ...]

KEY = "[key]"
"""The last part of pydantic's location of an error in a mapping's key."""

_PLAIN_KEY = re.compile(r"\w[\w-]*", re.ASCII)

DEFAULT_FILE = Path("ecr-clean.yml")


def error_sentences(error: ValidationError) -> Iterator[str]:
    """One sentence for each wrong key."""
    return map(_sentence, error.errors(include_url=False))


def _sentence(details: ErrorDetails) -> str:
    location, found = details["loc"], details["input"]
    match details["type"]:
        case "invalid_key":
            return _unknown_key(location[:-1], found)
        case "extra_forbidden":
            return _unknown_key(location[:-1], location[-1])
        case "missing":
            return f"{_path(location)} is missing: set it to {_allowed(_type_at(location))}"
    if _is_key(location):
        what = f"{_path(location[:-2])}: found the key {_as_yaml(found)}"
    else:
        what = f"{_path(location)}: found {_as_yaml(found)}"
    return f"{what}{_validator_message(details)}; allowed: {_allowed(_type_at(location))}"


def _unknown_key(above: Location, key: Any) -> str:
    keys = _keys(_bare_type(_type_at(above)))
    close = get_close_matches(str(key), keys, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    path = f"{_path(above)}{_path_part(key)}".removeprefix(".")
    return f"{path} is unknown{guess}; allowed: {', '.join(keys)}"


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


def _is_key(location: Location) -> bool:
    """Whether the error is about a mapping's key, not its value."""
    return location[-1:] == (KEY,) and get_origin(_bare_type(_type_at(location[:-2]))) is dict


def _type_at(location: Location) -> Any:
    """The annotated type of the value at this location."""
    found: Any = Settings
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


def load_settings(path: Path | None) -> Settings:
    """Reads the file at `path`. Without a path, reads the default file if it exists.

    Raises RequestError with one sentence for each wrong key.
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
    """Resolves paths in the settings against the folder of the file."""
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
    """The content of the file, not validated. Raises RequestError if it is not a YAML mapping."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        parsed = YAML(typ="safe", pure=True).load(_text(file))
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise RequestError(f"{file} is not valid YAML: {_first_lines(error)}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise RequestError(f"{file} is not a mapping: write keys and values, such as `pins: []`")
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
        return "a list or a mapping is used as a key"
    if isinstance(error, RecursionError):
        return "the nesting is too deep"
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem and mark:
        problem = problem.partition(" with value ")[0]  # the value of a duplicate key may be secret
        fix = ": write it in quotes" if "cannot start any token" in problem else ""
        return f"{problem} (line {mark.line + 1}, column {mark.column + 1}){fix}"
    return quoted(str(error).splitlines()[0])
