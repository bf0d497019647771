"""Values that users enter in elements, checked as Slack's client does."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.playground.slack.blocks.traversal import ElementInBlock
from bot.playground.slack.field_values import Value, value_key
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.outcome import ActionNotPossibleError, rejected
from bot.playground.slack.user_actions.surfaces import Surface

_EMPTY: tuple[Any, ...] = (None, "", [])
_FORMATS = {
    "email_text_input": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "url_text_input": r"https?://\S+",
    "datepicker": r"\d{4}-\d\d-\d\d",
    "timepicker": r"([01]\d|2[0-3]):[0-5]\d",
}
REQUIRED = "Please complete this required field."


def entered_value(target: ElementInBlock, given: Any, options: Sequence[Any]) -> Value:
    """The value of an element after the input `given`.

    `given` is a text, a number, the `value` of an option, or a list. None clears the element.
    Raises ActionNotPossibleError for input that the client rejects.
    """
    kind = target.element["type"]
    key = value_key(kind)
    if key in ("selected_option", "selected_options"):
        return {"type": kind, key: _options(target, given, options)}
    if given not in _EMPTY:
        _check(target, given)
    return {"type": kind, key: given if given not in _EMPTY else _empty_value(key)}


def validation_error(target: ElementInBlock, value: Value) -> str | None:
    """The error of an input block with this value, or None."""
    content = value[value_key(target.element["type"])]
    if content in _EMPTY:
        return None if target.block.get("optional") else REQUIRED
    try:
        if not isinstance(content, dict | list):
            _check(target, content)
    except ActionNotPossibleError as error:
        return error.outcome.detail
    return None


def _empty_value(key: str) -> list[Any] | None:
    return [] if key.endswith("s") else None


def _options(target: ElementInBlock, given: Any, options: Sequence[Any]) -> Any:
    if not value_key(target.element["type"]).endswith("s"):
        return None if given in _EMPTY else _option(target, given, options)
    wanted = list(given or ())
    most = target.element.get("max_selected_items")
    if most is not None and len(wanted) > most:
        raise rejected(target.block_id, f"at most {most} can be chosen")
    return [_option(target, value, options) for value in wanted]


def _option(target: ElementInBlock, value: Any, options: Sequence[Any]) -> Any:
    for option in options:
        if option["value"] == value:
            return option
    raise rejected(target.block_id, f"{value} is not among the options")


def _check(target: ElementInBlock, given: Any) -> None:
    element = target.element
    check = _CHECKS.get(element["type"])
    problem = check(element, given) if check else None
    if problem:
        raise rejected(target.block_id, problem)


def _check_text(element: dict[str, Any], given: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not least <= len(given) <= most:
        return f"must have between {least} and {most} characters"
    return _check_format(element, given)


def _check_format(element: dict[str, Any], given: str) -> str | None:
    pattern = _FORMATS.get(element["type"])
    return "has the wrong format" if pattern and not re.fullmatch(pattern, given) else None


def _check_number(element: dict[str, Any], given: str) -> str | None:
    try:
        number = Decimal(given)
        least = Decimal(element.get("min_value", "-Infinity"))
        most = Decimal(element.get("max_value", "Infinity"))
    except InvalidOperation:
        return "is not a number"
    if number % 1 and not element["is_decimal_allowed"]:
        return "must be a whole number"
    return None if least <= number <= most else f"must be between {least} and {most}"


_CHECKS: dict[str, Callable[[dict[str, Any], Any], str | None]] = {
    "plain_text_input": _check_text,
    "email_text_input": _check_text,
    "url_text_input": _check_text,
    "number_input": _check_number,
    "datepicker": _check_format,
    "timepicker": _check_format,
}


def checked_value(
    state: WorkspaceState, surface: Surface, target: ElementInBlock, given: Any
) -> Value:
    """Like `entered_value`, and the chosen user or channel must exist."""
    if target.element["type"] == "button":
        return {"type": "button"}
    options = state.fields.options(surface.user.id, surface.key, target)
    value = entered_value(target, given, options)
    _check_known(state, target, value)
    return value


def store_value(state: WorkspaceState, surface: Surface, action_id: str, given: Any) -> None:
    """Stores the input in an element of the surface. Raises ActionNotPossibleError."""
    target = surface.find_element(action_id, None)
    value = checked_value(state, surface, target, given)
    state.fields.set(surface.user.id, surface.key, target, value)


def _check_known(state: WorkspaceState, target: ElementInBlock, value: Value) -> None:
    """Raises ActionNotPossibleError for an unknown user or channel."""
    key = value_key(value["type"]).removesuffix("s")
    if key in ("selected_user", "selected_conversation", "selected_channel"):
        known = state.directory.users.keys() | state.directory.channels.keys()
        entered = value[value_key(value["type"])]
        for each in [entered] if isinstance(entered, str) else entered or ():
            if each not in known:
                raise rejected(target.block_id, f"{each} does not exist")
