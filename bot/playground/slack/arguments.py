"""The arguments of a Web API call, from a form or from JSON."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from bot.playground.slack.errors import SlackError, error_with_problems, missing_argument


class CallArguments(Mapping[str, Any]):
    """Values as sent: strings in a form, any type in JSON."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def __getitem__(self, name: str) -> Any:
        return self._given[name]

    def __iter__(self) -> Any:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def text(self, name: str, default: str = "") -> str:
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise error_with_problems(
                "invalid_arguments", [f"must be a string [json-pointer:/{name}]"]
            )
        return str(value)

    def required(self, name: str) -> str:
        if not self.get(name):
            raise missing_argument(name)
        return self.text(name)

    def required_value(self, name: str) -> Any:
        """A value of any type; raises SlackError if it is missing."""
        if not self.get(name):
            raise missing_argument(name)
        return self[name]

    def optional(self, name: str) -> str | None:
        return self.text(name) or None

    def flag(self, name: str, *, default: bool = False) -> bool:
        return str(self.get(name, default)).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.text(name, str(default)))
        except ValueError:
            raise error_with_problems(
                "invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]
            ) from None

    def parsed(self, name: str, error: str) -> Any:
        """A value, decoded if it is JSON text; raises SlackError with the name `error`."""
        value = self[name]
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise SlackError(error) from None

    def without(self, name: str) -> "CallArguments":
        return CallArguments({key: value for key, value in self.items() if key != name})

    def comma_separated(self, name: str) -> list[str]:
        """The parts of a comma-separated list."""
        return [each for each in self.text(name).split(",") if each]


def read_arguments(query: str, content_type: str, body: bytes) -> CallArguments:
    """Raises SlackError."""
    given: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    if body:
        given |= _read_body(content_type.partition(";")[0].strip(), body)
    return CallArguments(given)


def _read_body(kind: str, body: bytes) -> dict[str, Any]:
    if kind == "application/json":
        return _read_json(body)
    if kind == "application/x-www-form-urlencoded":
        return dict(_fields(body))
    raise SlackError("invalid_post_type" if kind else "missing_post_type")


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SlackError("invalid_json") from None
    if not isinstance(given, dict):
        raise SlackError("json_not_object")
    return {name: value for name, value in given.items() if value is not None}


def _fields(body: bytes) -> Iterable[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None
